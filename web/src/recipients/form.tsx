import { Button, CloseButton, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { RecipientView } from '../../../src/http/api/recipients.ts';
import type { Me } from '../../../src/http/people-shapes.ts';
import { ask, client, Problem } from '../api.ts';
import { Dialog, textIn, Trouble } from '../parts.tsx';
import { go } from '../place.tsx';
import { reachable } from './words.ts';

interface Line {
  readonly key: number;
  readonly channel: string;
  readonly address: string;
}

interface FormProps {
  readonly me: Me;
  /** Null: a new one. */
  readonly before: RecipientView | null;
  readonly onClose: () => void;
}

/** Who it is, and where they are reached, best first. */
export function RecipientForm({ me, before, onClose }: FormProps) {
  const [lines, setLines] = useState<readonly Line[]>(() =>
    (before?.endpoints ?? [{ channel: 'direct', address: '' }]).map((each, key) => ({ ...each, key })),
  );
  const last = useRef(lines.length);
  const [practice, setPractice] = useState(before?.practice ?? me.practices[0]?.id ?? '');
  const keep = useMutation({
    mutationFn: (body: object) =>
      before
        ? ask<RecipientView>(`recipients/${before.id}`, { method: 'PUT', body })
        : ask<RecipientView>(`recipients?practice=${encodeURIComponent(practice)}`, { method: 'PUT', body }),
    onSuccess: async ({ id }) => {
      await client.invalidateQueries({ queryKey: ['recipients'] });
      onClose();
      if (!before) go(`/recipients/${id}`);
    },
  });
  const faults = keep.error instanceof Problem ? keep.error.fields : {};
  const change = (key: number, over: Partial<Line>): void => {
    setLines(lines.map((line) => (line.key === key ? { ...line, ...over } : line)));
  };
  return (
    <Dialog title={before ? `Change ${before.name}` : 'Keep a recipient'} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          keep.mutate({
            name: textIn(form, 'name'),
            npi: textIn(form, 'npi') || null,
            phone: textIn(form, 'phone') || null,
            endpoints: lines.map(({ channel, address }) => ({ channel, address: address.trim() })),
            ...(before ? { version: before.version } : {}),
          });
        }}
      >
        <Stack>
          <TextInput
            name="name"
            label="Who is it?"
            placeholder="Hillside Heart Clinic"
            required
            maxLength={300}
            data-autofocus
            defaultValue={before?.name}
            error={faults['name']}
          />
          {!before && me.practices.length > 1 && (
            <NativeSelect
              label="Kept by"
              data={me.practices.map(({ id, name }) => ({ value: id, label: name }))}
              value={practice}
              onChange={(event) => {
                setPractice(event.currentTarget.value);
              }}
            />
          )}
          <Group grow align="start">
            <TextInput
              name="npi"
              label="NPI"
              inputMode="numeric"
              maxLength={10}
              defaultValue={before?.npi ?? ''}
              error={faults['npi']}
            />
            <TextInput
              name="phone"
              label="Phone, for people"
              maxLength={40}
              defaultValue={before?.phone ?? ''}
              error={faults['phone']}
            />
          </Group>
          <Text fw={700} size="sm" id="reached">
            Reached by, best first
          </Text>
          <Stack role="group" aria-labelledby="reached" gap="xs">
            {lines.map(({ key, channel, address }, at) => (
              <Group key={key} align="start" wrap="nowrap" className="endpoint">
                <NativeSelect
                  aria-label={`Way ${at + 1}`}
                  data={kindsFor(channel)}
                  value={channel}
                  error={faults[`endpoints.${at}.channel`]}
                  onChange={(event) => {
                    change(key, { channel: event.currentTarget.value });
                  }}
                />
                <TextInput
                  aria-label={`Address of way ${at + 1}`}
                  flex={1}
                  required
                  maxLength={320}
                  placeholder={reachable.find(({ value }) => value === channel)?.example}
                  value={address}
                  error={faults[`endpoints.${at}.address`]}
                  onChange={(event) => {
                    change(key, { address: event.currentTarget.value });
                  }}
                />
                {lines.length > 1 && (
                  <CloseButton
                    mt={2}
                    aria-label={`Take way ${at + 1} away`}
                    onClick={() => {
                      setLines(lines.filter((line) => line.key !== key));
                    }}
                  />
                )}
              </Group>
            ))}
          </Stack>
          <Group justify="space-between">
            <Button
              size="xs"
              variant="default"
              disabled={lines.length >= 10}
              onClick={() => {
                setLines([...lines, { key: last.current++, channel: 'efax', address: '' }]);
              }}
            >
              Another way
            </Button>
            <Button type="submit" loading={keep.isPending}>
              Keep
            </Button>
          </Group>
          {keep.error && <Trouble error={keep.error} />}
        </Stack>
      </form>
    </Dialog>
  );
}

/** What can be typed, and what is there already. */
const kindsFor = (channel: string) =>
  reachable.some(({ value }) => value === channel)
    ? [...reachable]
    : [...reachable, { value: channel, label: channel }];
