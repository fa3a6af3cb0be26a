import { createHash, verify } from 'node:crypto';
import { canonical } from '../core/record.ts';
import { leafHash, rootBy } from './merkle.ts';
import { keyOf, openHead, originOf } from './note.ts';
import type { Receipt } from './receipt.ts';

interface Line {
  readonly subject: string;
  readonly what: string;
  readonly message: string | null;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Everything that is wrong with a receipt; none: it holds.
 *  @param trusted the gateway's verifier key, known from elsewhere; null: the receipt's own, which proves that nothing was
 *  altered since it was issued, but not by whom
 *  @param files documents that were delivered, as they arrived */
export function checkReceipt(receipt: Receipt, trusted: string | null, files: readonly Uint8Array[]): string[] {
  try {
    return problemsOf(receipt, trusted ?? receipt.key, files);
  } catch {
    return ['it is not a receipt'];
  }
}

function problemsOf(
  { statement, signature, lines, checkpoint, evidence }: Receipt,
  verifier: string,
  files: readonly Uint8Array[],
): string[] {
  const known = keyOf(verifier);
  if (!known) return ['the key is not a verifier key'];
  const { key, origin } = known;
  const problems: string[] = [];
  const need = (holds: boolean, problem: string): void => {
    if (!holds) problems.push(problem);
  };
  need(origin === originOf(statement.practice), `the key is of ${origin}, not of this practice`);
  need(
    verify(null, Buffer.from(canonical(statement)), key, Buffer.from(signature, 'base64')),
    'the statement is not signed by this key',
  );
  const head = openHead(checkpoint, key);
  if (head?.origin !== origin) return [...problems, 'the checkpoint is not signed by this key'];
  for (const { place, text, proof } of lines) {
    const root = rootBy(
      leafHash(text),
      place,
      head.size,
      proof.map((each) => Buffer.from(each, 'base64')),
    );
    need(root !== null && Buffer.compare(root, head.root) === 0, `line ${place} is not in the signed record`);
  }
  const record = lines.map(({ text }) => JSON.parse(text) as Line);
  need(
    record.every(({ message }) => message === statement.message),
    'a line is about another message',
  );
  const received = record.find(({ what, subject }) => what === 'message.received' && subject === statement.message);
  const documents = statement.documents.map(({ sha256 }) => sha256);
  need(received?.facts['sha256'] === documents.join(' '), 'the record does not know these documents');
  const ends = ['delivery.confirmed', ...(statement.provenBy === 'word' ? [] : ['delivery.delivered'])];
  need(
    record.some(({ what, subject }) => ends.includes(what) && subject === statement.delivery),
    'the record does not say that it was delivered',
  );
  const heard = record.filter(({ what }) => what === 'receipt.recorded').map(({ facts }) => facts['evidence']);
  for (const { sha256, kind } of statement.evidence) {
    need(heard.includes(sha256), `the record does not know the evidence of ${kind}`);
  }
  for (const { sha256, bytes } of evidence) {
    need(
      sha256 === hash(Buffer.from(bytes, 'base64')) && heard.includes(sha256),
      'the evidence is not what was recorded',
    );
  }
  for (const [index, file] of files.entries()) {
    need(documents.includes(hash(file)), `file ${index + 1} is not one of the documents`);
  }
  return problems;
}

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
