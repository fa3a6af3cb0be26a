import { sign } from 'node:crypto';
import type { Delivery } from '../core/delivery.ts';
import type { DeliveryId } from '../core/message.ts';
import { canonical } from '../core/record.ts';
import { Conflict } from '../errors.ts';
import type { Store } from '../store/store.ts';
import type { Notary } from './notary.ts';
import { pathTo } from './tree.ts';

/** A delivery receipt: what we say, signed; the lines of the record it rests on, as they were written at the time; and
 *  the way from each line to a signed checkpoint. Whoever has it needs nothing else to verify it (docs/audit.md). */
export interface Receipt {
  readonly statement: Statement;
  /** Ed25519 over the statement in the form of RFC 8785, base64. */
  readonly signature: string;
  readonly lines: readonly { readonly place: number; readonly text: string; readonly proof: readonly string[] }[];
  /** C2SP signed note. */
  readonly checkpoint: string;
  /** C2SP verifier key. Proves nothing unless it is also known from elsewhere. */
  readonly key: string;
  /** The proofs themselves, base64, for those who may see content. Their hashes are in the record. */
  readonly evidence: readonly { readonly sha256: string; readonly bytes: string }[];
}

export interface Statement {
  readonly format: 'loopgate-receipt/1';
  readonly practice: string;
  readonly delivery: string;
  readonly message: string;
  /** RFC 3339. */
  readonly receivedAt: string;
  readonly deliveredAt: string;
  /** `word`: a person said so, no machine confirmed it. */
  readonly provenBy: 'receipt' | 'acceptance' | 'word';
  readonly recipient: string | null;
  readonly documents: readonly { readonly id: string; readonly sha256: string; readonly bytes: number }[];
  /** Every try, oldest first; the one that proved it by its mark. */
  readonly attempts: readonly {
    readonly id: string;
    readonly channel: string;
    readonly address: string;
    readonly openedAt: string;
    readonly outcome: string | null;
    readonly proven: boolean;
  }[];
  readonly evidence: readonly { readonly kind: string; readonly at: string; readonly sha256: string | null }[];
}

interface Deps {
  readonly store: Store;
  readonly notary: Notary;
}

/** @param content with the proofs themselves
 *  @throws NotFound; Conflict when it is not delivered, or its record is older than the chain */
export async function issueReceipt({ store, notary }: Deps, id: DeliveryId, content: boolean): Promise<Receipt> {
  const delivery = await store.delivery(id);
  if (delivery.state !== 'delivered')
    throw new Conflict(`${id} is ${delivery.state}: there is a receipt once it is delivered`);
  const { practice } = delivery;
  const { checkpoint, tree } = await notary.cover(practice);
  const all = (await store.record.linesOf(delivery.message)).filter(({ place }) => place < checkpoint.size);
  const mine = all.filter(({ text }) => about(text, delivery));
  if (!mine.some(({ text }) => whatOf(text) === 'message.received')) {
    throw new Conflict(`the record of ${id} is older than the chain: there is no receipt of it`);
  }
  const lines = await Promise.all(
    mine.map(async ({ place, text }) => {
      const proof = await pathTo(store.record, tree, { practice, size: checkpoint.size, place });
      return { place, text, proof: proof.map(base64) };
    }),
  );
  const { statement, files } = await stated(store, delivery);
  return {
    statement,
    signature: base64(sign(null, Buffer.from(canonical(statement)), notary.key)),
    lines,
    checkpoint: checkpoint.note,
    key: notary.verifier(practice),
    evidence: content
      ? await Promise.all(
          files.map(async (file) => ({ sha256: file.sha256, bytes: base64(await store.document(file.id)) })),
        )
      : [],
  };
}

async function stated(store: Store, delivery: Delivery) {
  const message = await store.message(delivery.message);
  const receipts = await store.receiptsOf(delivery.id);
  const attempts = await store.attemptsOf(delivery.id);
  const files = (await store.proofsOf(message.id)).filter((file) =>
    receipts.some(({ evidence }) => evidence === file.id),
  );
  const record = await store.history(message.id);
  const arrived = record.findLast(
    ({ what, subject }) => subject === delivery.id && (what === 'delivery.delivered' || what === 'delivery.confirmed'),
  );
  const byReceipt = receipts.some(({ kind, attempt }) => kind !== 'failed' && attempt === delivery.provenBy);
  const statement: Statement = {
    format: 'loopgate-receipt/1',
    practice: delivery.practice,
    delivery: delivery.id,
    message: message.id,
    receivedAt: iso(message.receivedAt),
    deliveredAt: iso(arrived?.at ?? 0),
    provenBy: delivery.provenBy === null ? 'word' : byReceipt ? 'receipt' : 'acceptance',
    recipient: delivery.recipient.name,
    documents: message.documents.map(({ id, sha256, bytes }) => ({ id, sha256, bytes })),
    attempts: attempts.map(({ id, channel, address, openedAt, outcome }) => ({
      id,
      channel,
      address,
      openedAt: iso(openedAt),
      outcome: outcome?.kind ?? null,
      proven: id === delivery.provenBy,
    })),
    evidence: receipts.map(({ kind, at, evidence }) => ({
      kind,
      at: iso(at),
      sha256: files.find(({ id }) => id === evidence)?.sha256 ?? null,
    })),
  };
  return { statement, files };
}

interface Told {
  readonly subject: string;
  readonly what: string;
}

const whatOf = (text: string): string => (JSON.parse(text) as Told).what;

/** The receiving of its message, and everything that happened to itself. */
function about(text: string, { id, message }: Delivery): boolean {
  const { subject, what } = JSON.parse(text) as Told;
  return subject === id || (subject === message && what === 'message.received');
}

const iso = (at: number): string => new Date(at).toISOString();
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
