import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ask, Problem } from '../api.ts';
import { fieldOf, names, needsEyes, type Name, type Read } from './fields.ts';
import { isAccepted } from './parts.ts';

export type Decided = 'accepted' | 'rejected';
export type Reviewing = ReturnType<typeof useReviewing>;

/** What a person typed over what was read, what they confirmed, and the decision on it. Kept for each referral of the
 *  arrival, also while pages are moved about. */
export function useReviewing(read: Read, onDecided: (verb: Decided) => void) {
  const { entry, part } = read;
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const [confirmed, setConfirmed] = useState<Readonly<Record<string, string>>>({});
  const decide = useMutation({
    mutationFn: ({ verb, body }: { verb: 'accept' | 'reject'; body: object }) =>
      ask(`intake/${entry.id}/${verb}`, { method: 'POST', body }),
    onSuccess: (_, { verb }) => {
      onDecided(verb === 'accept' ? 'accepted' : 'rejected');
    },
  });
  const key = (name: Name): string => `${part} ${name}`;
  const was = (name: Name): string => fieldOf(read, name)?.value ?? '';
  const value = (name: Name): string => typed[key(name)] ?? was(name);
  // What is read anew, because pages moved, has to be looked at anew.
  const isConfirmed = (name: Name): boolean =>
    confirmed[key(name)] === value(name) && !(name === 'patient.name' && value(name).trim() === '');
  const isOpen = (one: number): boolean => entry.state === 'waiting' && !isAccepted(entry, one);
  const open = isOpen(part);
  const isUnsaved = ([at, next]: readonly [string, string]): boolean => {
    const [one, name] = at.split(' ') as [string, Name];
    return isOpen(Number(one)) && next !== (fieldOf({ entry, part: Number(one) }, name)?.value ?? '');
  };
  return {
    values: Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Name, string>,
    waiting: names.filter((name) => needsEyes(read, name) && !isConfirmed(name)),
    isConfirmed,
    decide,
    open,
    /** Something that was typed, for any referral of the arrival, would be lost by leaving. */
    unsaved: Object.entries(typed).some(isUnsaved),
    problems: decide.error instanceof Problem ? decide.error.fields : {},
    confirm: (name: Name): void => {
      setConfirmed((before) => ({ ...before, [key(name)]: value(name) }));
    },
    type: (name: Name, next: string): void => {
      setTyped((before) => ({ ...before, [key(name)]: next }));
    },
    accept: (): void => {
      const changed = names.filter((name) => value(name) !== was(name));
      const corrections = Object.fromEntries(changed.map((name) => [name, value(name).trim()]));
      if (open) decide.mutate({ verb: 'accept', body: { part, corrections } });
    },
  };
}
