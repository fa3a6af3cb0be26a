import { Button, Card, Group, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { LessonsView } from '../../../src/http/api/lessons.ts';
import { ask, client } from '../api.ts';
import { Dialog, Trouble, When } from '../parts.tsx';

const refresh = () => client.invalidateQueries({ queryKey: ['lessons'] });

/** What corrections taught about the forms of each sender; a person can have it forgotten. */
export function Lessons() {
  const list = useQuery({ queryKey: ['lessons'], queryFn: () => ask<{ rows: LessonsView[] }>('lessons') });
  const [leaving, setLeaving] = useState<LessonsView | null>(null);
  const forget = useMutation({
    mutationFn: (id: string) => ask(`lessons/${id}`, { method: 'DELETE' }),
    onSuccess: () => {
      setLeaving(null);
    },
    onSettled: refresh,
  });
  if (list.isError) return <Trouble error={list.error} retry={() => void list.refetch()} />;
  if (!list.data || list.data.rows.length === 0) return null;
  return (
    <Card withBorder component="section" aria-label="What intake learnt">
      <Title order={2} size="h4" mb="xs">
        What intake learnt
      </Title>
      <Rows rows={list.data.rows} onForget={setLeaving} />
      {leaving && (
        <Dialog
          title="Forget what was learnt?"
          busy={forget.isPending}
          onClose={() => {
            setLeaving(null);
          }}
        >
          <Stack>
            <Text>
              The next arrival from {leaving.sender} is read as the first one was. What was read so far stays as it is.
            </Text>
            {forget.error && <Trouble error={forget.error} />}
            <Group justify="flex-end">
              <Button
                color="red"
                data-autofocus
                loading={forget.isPending}
                onClick={() => {
                  forget.mutate(leaving.id);
                }}
              >
                Forget it
              </Button>
            </Group>
          </Stack>
        </Dialog>
      )}
    </Card>
  );
}

interface RowsProps {
  readonly rows: readonly LessonsView[];
  readonly onForget: (of: LessonsView) => void;
}

const Rows = ({ rows, onForget }: RowsProps) => (
  <table className="rows">
    <thead>
      <tr>
        <th scope="col">Sender</th>
        <th scope="col">Learnt</th>
        <th scope="col">Last</th>
        <th scope="col">
          <span className="unseen">Forget</span>
        </th>
      </tr>
    </thead>
    <tbody>
      {rows.map((row) => (
        <tr key={row.id}>
          <td>{row.sender}</td>
          <td data-label="Learnt">
            {row.lessons} {row.lessons === 1 ? 'place' : 'places'} on {row.forms} {row.forms === 1 ? 'form' : 'forms'}
          </td>
          <td data-label="Last">
            <When at={row.at} />
          </td>
          <td>
            <Button
              size="xs"
              variant="default"
              aria-label={`Forget what ${row.sender} taught`}
              onClick={() => {
                onForget(row);
              }}
            >
              Forget…
            </Button>
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);
