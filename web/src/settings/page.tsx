import { Card, Code, Stack, Text, Title } from '@mantine/core';
import type { Me } from '../../../src/http/people-shapes.ts';
import { Keys } from './keys.tsx';
import { CoverSheet } from './cover-sheet.tsx';
import { Users } from './users.tsx';

/** Who and what may come in. */
export const SettingsPage = ({ me }: { readonly me: Me }) => (
  <Stack>
    <Title order={1} size="h3">
      Settings
    </Title>
    <Users me={me} />
    <Keys me={me} />
    <Card withBorder component="section" aria-label="Practices">
      <Title order={2} size="h4" mb="xs">
        Practices
      </Title>
      <ul className="plain">
        {me.practices.map(({ id, name }) => (
          <li key={id}>
            <strong>{name}</strong> ({id})
            <CoverSheet practice={id} name={name} />
          </li>
        ))}
      </ul>
      <Text size="sm" c="dimmed">
        Practices, policies and cover sheets stand in the gateway’s settings file; <Code>loopgate reload</Code> puts
        changes in force.
      </Text>
    </Card>
  </Stack>
);
