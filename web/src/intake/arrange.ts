import type { EntryView } from '../../../src/http/intake-shapes.ts';
import { ask, client, Problem } from '../api.ts';
import { offerUndo } from '../later.tsx';

/** What a person does to pages, named by their index as they lie. */
export type Arrangement =
  | { readonly verb: 'turn'; readonly pages: readonly number[]; readonly turn: 90 | 180 | 270 }
  | { readonly verb: 'assign'; readonly pages: readonly number[]; readonly part: number | 'new' | null }
  | { readonly verb: 'order'; readonly pages: readonly number[] }
  | { readonly verb: 'merge'; readonly parts: readonly number[] };

/** Done at once, and offered to be taken back.
 *  @param done what to say of it, as "✓ Page 2 turned"
 *  @throws Problem: 409 when somebody else changed the entry meanwhile; nothing was done then */
export async function arrange(entry: EntryView, { verb, ...rest }: Arrangement, done: string): Promise<void> {
  const body = { version: entry.version, ...rest };
  const after = await ask<EntryView>(`intake/${entry.id}/${verb}`, { method: 'POST', body }).catch((cause: unknown) => {
    if (cause instanceof Problem && cause.status === 409) void renew(entry.id);
    throw cause;
  });
  put(after);
  offerUndo(done, () => void takeBack(entry.id));
}

async function takeBack(id: string): Promise<void> {
  await ask(`intake/${id}/undo`, { method: 'POST' }).catch(() => undefined);
  await renew(id);
}

const renew = (id: string): Promise<void> => client.invalidateQueries({ queryKey: ['entry', id] });

function put(entry: EntryView): void {
  client.setQueryData(['entry', entry.id], entry);
  void client.invalidateQueries({ queryKey: ['intake'] });
}

export const many = (pages: readonly number[]): string =>
  pages.length === 1 ? `Page ${(pages[0] ?? 0) + 1}` : `${pages.length} pages`;

/** The chosen pages one place earlier (-1) or later (1), those between them moving over; null: they cannot. */
export function shifted(count: number, chosen: readonly number[], by: -1 | 1): number[] | null {
  const order = Array.from({ length: count }, (_, index) => index);
  const walk = chosen.toSorted((a, b) => (a - b) * -by);
  for (const page of walk) {
    const at = order.indexOf(page);
    const other = order[at + by];
    if (other === undefined || chosen.includes(other)) return null;
    order[at + by] = page;
    order[at] = other;
  }
  return order;
}
