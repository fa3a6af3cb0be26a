import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { NumberView } from '../../../src/http/number-shapes.ts';
import type { FaxPreview } from '../../../src/http/preview-shapes.ts';
import type { Listed, Submitted } from '../../../src/http/shapes.ts';
import { ask, Problem } from '../api.ts';
import { leave } from '../place.tsx';
import {
  faultsHere,
  faultsOf,
  faxedOf,
  faxOf,
  formOf,
  referralOf,
  whoFaults,
  type Draft,
  type Faults,
} from './draft.ts';

/** The pages of a fax, and whether one ever came to that number. */
export interface Look {
  /** What it shows: another draft has another one. */
  readonly of: string;
  readonly fax: FaxPreview;
  readonly firstFax: boolean;
}

/** A person must see it before it goes. */
export const needsLook = ({ fax, firstFax }: Look): boolean =>
  firstFax || fax.barred !== null || fax.pages.some(({ warnings }) => warnings.length > 0);

/** Why nothing was sent. `first`: another version of this very form is on its way. */
export type Halt = { readonly why: 'faults' | 'look' | 'first' } | { readonly why: 'problem'; readonly words: string };

export interface Sending {
  readonly look: Look | null;
  readonly busy: 'looking' | 'sending' | null;
  readonly faults: Faults;
  readonly halt: Halt | null;
  preview(): void;
  send(): void;
  /** Send what is typed besides the version that is on its way. */
  sendAnother(): void;
  /** Something was typed: what was told of the field is over. */
  forget(): void;
}

const shownPages = 60;

/** Look at it, then send it once, however often it is asked for. */
export function useSending(draft: Draft): Sending {
  const key = useRef(newKey());
  const under = useRef(false);
  const [look, setLook] = useState<Look | null>(null);
  // What was looked at, or could not be: the next "Send" goes through.
  const [seen, setSeen] = useState('');
  const [faults, setFaults] = useState<Faults>({});
  const [halt, setHalt] = useState<Halt | null>(null);
  const looking = useMutation({ mutationFn: lookAt, gcTime: 0 });
  const sending = useMutation({
    mutationFn: () =>
      ask<Submitted>(`referrals?practice=${encodeURIComponent(draft.practice)}`, {
        method: 'POST',
        body: formOf(referralOf(draft), draft.files),
        idempotencyKey: key.current,
      }),
    gcTime: 0,
  });
  const of = faxedVersion(draft);

  const refused = (cause: unknown, lost: string): void => {
    if (!(cause instanceof Problem)) throw cause;
    const told = faultsHere(cause.fields, draft);
    setFaults(told);
    if (cause.status === 409) setHalt({ why: 'first' });
    else
      setHalt({
        why: 'problem',
        words: cause.status === 0 ? lost : [cause.message, told['other']].filter(Boolean).join(' '),
      });
  };
  /** @returns whether it may go on its way without a person's eyes */
  const looked = async (): Promise<boolean> => {
    try {
      const found = await looking.mutateAsync(draft);
      setLook(found);
      setSeen(of);
      return !needsLook(found);
    } catch (cause) {
      refused(cause, 'The gateway does not answer. Nothing was sent; try again in a moment.');
      // No page can be made of it: it may still go by another way.
      if (cause instanceof Problem && cause.status === 400) setSeen(of);
      return false;
    }
  };
  const once = (act: () => Promise<void>) => (): void => {
    if (under.current) return;
    under.current = true;
    setHalt(null);
    void act().finally(() => {
      under.current = false;
    });
  };
  const send = async (): Promise<void> => {
    const found = faultsOf(draft, today());
    setFaults(found);
    if (Object.keys(found).length > 0) {
      setHalt({ why: 'faults' });
      return;
    }
    if (faxOf(draft) !== null && seen !== of && !(await looked())) {
      setHalt((before) => before ?? { why: 'look' });
      return;
    }
    try {
      const { message } = await sending.mutateAsync();
      leave(`/messages/${message}`);
    } catch (cause) {
      refused(cause, 'No answer came, so it may or may not have been sent. Press “Send” again: it goes out only once.');
    }
  };
  return {
    look: look?.of === of ? look : null,
    busy: looking.isPending ? 'looking' : sending.isPending ? 'sending' : null,
    faults,
    halt,
    preview: once(async () => {
      const found = {
        ...whoFaults(draft),
        ...(draft.files.length === 0 ? { files: 'Add at least one document.' } : {}),
      };
      setFaults(found);
      if (Object.keys(found).length > 0) setHalt({ why: 'faults' });
      else await looked();
    }),
    send: once(send),
    sendAnother: once(() => {
      key.current = newKey();
      return send();
    }),
    forget: () => {
      setFaults({});
      setHalt(null);
    },
  };
}

async function lookAt(draft: Draft): Promise<Look> {
  const practice = encodeURIComponent(draft.practice);
  const [fax, reached] = await Promise.all([
    ask<FaxPreview>(`referrals/preview?practice=${practice}&images=${shownPages}`, {
      method: 'POST',
      body: formOf(faxedOf(draft), draft.files),
    }),
    isReached(draft),
  ]);
  return { of: faxedVersion(draft), fax, firstFax: !reached };
}

/** Whether a fax ever came whole to this number, from this practice. */
async function isReached(draft: Draft): Promise<boolean> {
  const number = faxOf(draft);
  let cursor: string | null = null;
  do {
    const query: string = new URLSearchParams({ limit: '200', ...(cursor === null ? {} : { cursor }) }).toString();
    const { rows, next }: Listed<NumberView> = await ask(`numbers?${query}`);
    const row = rows.find((each) => each.practice === draft.practice && each.number === number);
    if (row) return row.reachedAt !== null;
    cursor = next;
  } while (cursor !== null);
  return false;
}

const fileIds = new WeakMap<File, string>();
const idOf = (file: File): string => {
  const id = fileIds.get(file) ?? newKey();
  fileIds.set(file, id);
  return id;
};

/** The same for drafts whose fax has the same pages. */
const faxedVersion = (draft: Draft): string => JSON.stringify([draft.practice, faxedOf(draft), draft.files.map(idOf)]);

/** Browsers have `randomUUID` on secure pages only. */
const newKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** In the reader's own zone, YYYY-MM-DD. */
const today = (): string => new Intl.DateTimeFormat('sv-SE').format(new Date());
