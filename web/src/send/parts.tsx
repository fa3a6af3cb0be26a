import { Fieldset, Stack, TextInput, type TextInputProps } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Me } from '../../../src/http/people-shapes.ts';
import type { Draft, Faults, Name } from './draft.ts';

/** What every part of the form is given. */
export interface PartProps {
  readonly me: Me;
  readonly draft: Draft;
  readonly faults: Faults;
  readonly onDraft: (change: Partial<Draft>) => void;
}

export const Part = ({ title, children }: { readonly title: string; readonly children: ReactNode }) => (
  <Fieldset legend={title}>
    <Stack gap="sm">{children}</Stack>
  </Fieldset>
);

/** The attributes of one field: nothing that is typed here is kept by the browser. */
export const typed = ({ draft, faults, onDraft }: PartProps, name: Name) => ({
  name: `referral-${name}`,
  value: draft.texts[name],
  error: faults[name],
  autoComplete: 'off',
  maxLength: 300,
  onChange: (event: { readonly currentTarget: { readonly value: string } }) => {
    onDraft({ texts: { ...draft.texts, [name]: event.currentTarget.value } });
  },
});

type LineProps = PartProps & { readonly field: Name } & Omit<TextInputProps, keyof PartProps>;

export const Line = ({ me, draft, faults, onDraft, field, ...rest }: LineProps) => (
  <TextInput {...typed({ me, draft, faults, onDraft }, field)} {...rest} />
);
