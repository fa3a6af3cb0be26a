import { sheetToken, type AnswerSheet } from '../core/answer-sheet.ts';
import { typedLetters } from '../core/link.ts';
import type { AttemptId } from '../core/message.ts';
import type { Store } from '../store/store.ts';

const length = 12;

/** The token of a family's answer sheet: id and signature are both keyed hashes, 60 bits each, so that whoever reads
 *  our disk cannot print one, and whoever prints a copy of a fax prints the same. */
export async function tokenOf(
  store: Pick<Store, 'signature'>,
  family: AttemptId,
): Promise<{ readonly id: string; readonly token: string }> {
  const id = spelt(await store.signature(`answer sheet of ${family}`));
  return { id, token: `LG${id}${await signed(store, id)}` };
}

/** The sheet that a token names; null when we never signed it, or know nothing of it any more. */
export async function sheetOf(
  store: Pick<Store, 'signature' | 'answerSheet'>,
  token: string,
): Promise<AnswerSheet | null> {
  const [, id = '', signature] = sheetToken.exec(token) ?? [];
  if (id === '' || signature !== (await signed(store, id))) return null;
  return store.answerSheet(id);
}

const signed = async (store: Pick<Store, 'signature'>, id: string): Promise<string> =>
  spelt(await store.signature(`answer sheet ${id}`));

/** The first 60 bits of a hex hash. */
function spelt(hash: string): string {
  const bits = BigInt(`0x${hash}`) >> BigInt(hash.length * 4 - length * 5);
  return Array.from({ length }, (_, i) => typedLetters[Number((bits >> BigInt((length - 1 - i) * 5)) & 31n)]).join('');
}
