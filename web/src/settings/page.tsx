import { Stack, Title } from '@mantine/core';
import type { Me } from '../../../src/http/people-shapes.ts';
import { Keys } from './keys.tsx';
import { Practices } from './practices.tsx';
import { Users } from './users.tsx';

/** Who and what may come in, and for which practices. */
export const SettingsPage = ({ me }: { readonly me: Me }) => (
  <Stack>
    <Title order={1} size="h3">
      Settings
    </Title>
    <Users me={me} />
    <Keys me={me} />
    <Practices me={me} />
  </Stack>
);
