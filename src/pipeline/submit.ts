import { sendableFiles } from '../documents/sendable.ts';
import type { SealedDocument } from '../core/change.ts';
import type { Delivery } from '../core/delivery.ts';
import type { Message, MessageId, PracticeId } from '../core/message.ts';
import type { RequestedReferral } from '../core/recipient.ts';
import type { Referral, ReferralRequest } from '../core/referral.ts';
import { Conflict, Duplicate, Invalid } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Store } from '../store/store.ts';
import type { ReceiveDeps } from './receive.ts';
import { strangersAmong } from './one-patient.ts';
import { promised, received, sealed, sha256 } from './records.ts';
import { recipientOf } from './recipients.ts';
import { isOurs } from './route.ts';

export interface Submission {
  readonly practice: PracticeId;
  /** Who hands it over: a user or an API key. */
  readonly who: string;
  /** The sender's own name for it (Idempotency-Key): the same key twice is the same referral. */
  readonly key: string | null;
  readonly referral: RequestedReferral;
  readonly documents: readonly { readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array }[];
}

export interface Accepted {
  readonly referral: Referral['id'];
  readonly message: MessageId;
  readonly deliveries: readonly Pick<Delivery, 'id' | 'state'>[];
}

/** Take a referral from one of our own practices. Resolved means on disk: only then say 202.
 *  @throws Invalid with the fields at fault; nothing is stored then. Conflict when a key comes again with another content. */
export function submit(deps: Omit<ReceiveDeps, 'channels'>) {
  return async (submission: Submission): Promise<Accepted> => {
    const { store, now, log, deadlines } = deps;
    const { practice, who } = submission;
    const files = await checkedFiles(deps, submission.documents, submission.referral.patient);
    const at = now();
    const id = newId('msg', at);
    const referralId = newId('ref', at);
    const token = submission.key === null ? id : `${practice} ${submission.key}`;
    const documents = files.map((each) => sealed(id, 'carried', each, at));
    const fingerprint = fingerprintOf(submission.referral, documents);
    // Asked before the recipient is looked up: since the first time he may have gone, and that referral is on its way.
    if (submission.key !== null && (await store.messageByToken('api', token)))
      return acceptedBefore(store, token, fingerprint);
    const recipient = await recipientOf(store, practice, submission.referral.recipient);
    const request: ReferralRequest = { ...submission.referral, recipient };
    const message: Message = {
      id,
      practice,
      origin: { channel: 'api', token, from: who, details: { fingerprint } },
      subject: null,
      urgency: request.urgency,
      deadline: deadlineOf(request, at, deadlines),
      referral: referralId,
      recipients: [recipient],
      documents: documents.map(({ document }) => document),
      receivedAt: at,
    };
    const delivery = promised(message, recipient, at);
    const draft: Referral = {
      id: referralId,
      practice,
      direction: 'outgoing',
      message: id,
      state: 'draft',
      request,
      steps: [],
      version: 1,
    };
    try {
      await store.commit({
        received: message,
        documents,
        deliveries: [delivery],
        referral: draft,
        // Only what stays in the house is read; the rest needs no look inside on its way.
        work: [
          {
            stage: isOurs(deps.practices, message, delivery) ? 'extract' : 'route',
            subject: id,
            dueAt: at,
            urgency: message.urgency,
          },
        ],
        events: [received(message, at, who)],
      });
    } catch (cause) {
      if (cause instanceof Duplicate) return acceptedBefore(store, token, fingerprint);
      throw cause;
    }
    log.info('message.received', { message: id, channel: 'api', count: files.length });
    return { referral: referralId, message: id, deliveries: [{ id: delivery.id, state: delivery.state }] };
  };
}

async function acceptedBefore(store: Store, token: string, fingerprint: string): Promise<Accepted> {
  const first = await store.messageByToken('api', token);
  if (!first?.referral || first.origin.details['fingerprint'] !== fingerprint) {
    throw new Conflict(
      'this Idempotency-Key was used for another referral, which stands; nothing of this one was sent: use a new key',
    );
  }
  const deliveries = await store.deliveriesOf(first.id);
  return {
    referral: first.referral,
    message: first.id,
    deliveries: deliveries.map(({ id, state }) => ({ id, state })),
  };
}

/** @throws Invalid with the documents at fault */
export async function checkedFiles(
  { patientsOf }: Pick<ReceiveDeps, 'patientsOf'>,
  files: Submission['documents'],
  patient: ReferralRequest['patient'],
): Promise<Submission['documents']> {
  if (files.length === 0)
    throw new Invalid('the referral has no document', { document: 'at least one file is needed' });
  const { checked, problems } = sendableFiles(files);
  refuse('a document cannot be sent; nothing was sent', problems);
  refuse(
    'the documents are about different patients; nothing was sent',
    await strangersAmong(checked, patient, patientsOf),
  );
  return checked;
}

function refuse(words: string, problems: ReadonlyMap<number, string>): void {
  if (problems.size === 0) return;
  const fields = [...problems].map(([index, problem]) => [`document[${index}]`, problem]);
  throw new Invalid(words, Object.fromEntries(fields) as Record<string, string>);
}

function deadlineOf({ urgency, neededBy }: ReferralRequest, at: number, deadlines: ReceiveDeps['deadlines']): number {
  const usual = at + deadlines[urgency];
  const wished = neededBy === null ? NaN : Date.parse(neededBy);
  return wished > at ? Math.min(usual, wished) : usual;
}

const fingerprintOf = (request: RequestedReferral, documents: readonly SealedDocument[]): string =>
  sha256(Buffer.from(JSON.stringify([request, documents.map(({ document }) => document.sha256)])));
