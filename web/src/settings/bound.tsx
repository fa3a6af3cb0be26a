import { Code, NativeSelect, Stack, Text } from '@mantine/core';
import { roles } from '../../../src/core/role.ts';
import type { Me } from '../../../src/http/people-shapes.ts';
import { Dialog, textIn } from '../parts.tsx';

/** What a person or a key is bound to. */
export interface Bound {
  readonly role: string;
  readonly practice: string | null;
}

const all = '*';

export const boundIn = (form: FormData): Bound => {
  const practice = textIn(form, 'practice');
  return { role: textIn(form, 'role'), practice: practice === all ? null : practice };
};

/** Only what this administrator may give: the gateway checks it again. */
export function BoundFields({ me, before }: { readonly me: Me; readonly before?: Bound }) {
  const everything = me.rights.includes('operate');
  return (
    <>
      <NativeSelect
        name="role"
        label="Role"
        defaultValue={before?.role ?? 'intake'}
        data={roles.filter((role) => everything || role !== 'system-admin')}
      />
      <NativeSelect
        name="practice"
        label="Practice"
        defaultValue={before ? (before.practice ?? all) : me.practices[0]?.id}
        data={[
          ...me.practices.map(({ id, name }) => ({ value: id, label: name })),
          ...(everything ? [{ value: all, label: 'all of them' }] : []),
        ]}
      />
    </>
  );
}

/** Something that is shown once. */
export const Once = ({
  title,
  secret,
  children,
  onClose,
}: {
  readonly title: string;
  readonly secret: string;
  readonly children: string;
  readonly onClose: () => void;
}) => (
  <Dialog title={title} onClose={onClose}>
    <Stack>
      <Text>{children}</Text>
      <Code block data-testid="once">
        {secret}
      </Code>
    </Stack>
  </Dialog>
);
