import type { Asked } from '../core/asked.ts';
import { advance, isPossibleDuplicate, type Delivery, type DeliveryEvent } from '../core/delivery.ts';
import { decide, openParts, type Entry, type EntryWord, type FieldName } from '../core/entry.ts';
import { urgencies, type Urgency } from '../core/message.ts';
import type { DeliveryId, Message, PracticeId, ReferralId } from '../core/message.ts';
import { step, type Referral, type ReferralRequest, type ReferralState } from '../core/referral.ts';
import { Conflict, Invalid, NotFound } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Store } from '../store/store.ts';
import { answerEntry } from './answer-entry.ts';
import { progress } from './progress.ts';
import { keysOf } from './recognise.ts';
import { lessonsFrom } from './teach.ts';

interface Deps {
  readonly store: Store;
  readonly now: () => number;
}

export interface DeliveryDecision extends Asked {
  readonly id: DeliveryId;
  readonly verb: 'retry' | 'cancel' | 'hold' | 'reroute' | 'confirm';
  /** Index into the delivery's routes; with `reroute` only. */
  readonly route?: number;
  readonly reason: string;
}

/** A person's decision about a delivery.
 *  @throws NotFound also for another practice's; Conflict when its state does not allow it (the message says why). */
export function decideDelivery({ store, now }: Deps) {
  return async (decision: DeliveryDecision): Promise<Delivery> => {
    const { id, verb, reason, who } = decision;
    const before = await store.delivery(id);
    mine(before.practice, id, decision);
    const at = now();
    const after = advance(before, eventOf(decision), at);
    if (after === before) throw new Conflict(`${id} is ${before.state}: it cannot be ${past[verb]} now`);
    await store.commit({
      ...(await progress(store, before, after, at)),
      events: [
        {
          message: before.message,
          subject: id,
          what: `delivery.${past[verb]}`,
          who,
          at,
          facts: after.state === 'pending' && isPossibleDuplicate(after) ? { possibleDuplicate: true } : {},
          ...(reason === '' ? {} : { note: reason }),
        },
      ],
    });
    return store.delivery(id);
  };
}

const past = {
  retry: 'retried',
  cancel: 'cancelled',
  hold: 'held',
  reroute: 'rerouted',
  confirm: 'confirmed',
} as const;

function eventOf({ verb, route }: DeliveryDecision): DeliveryEvent {
  return verb === 'reroute' ? { type: 'rerouted', route: route ?? 0 } : { type: past[verb] };
}

/** A person confirms what was read, or turns it away. Accepting makes the referral.
 *  @throws NotFound; Conflict when somebody decided before; Invalid when a patient has no name. */
export function decideEntry({ store, now }: Deps) {
  return async (word: EntryWord): Promise<Entry> => {
    const { id, decision, who } = word;
    const before = await store.entry(id);
    mine(before.practice, id, word);
    if (before.state !== 'waiting') throw new Conflict(`${id} is ${before.state} already`);
    const at = now();
    const event = { message: before.message, subject: id, who, at };
    if (decision.type === 'reject') {
      const rejected = decide(before, { type: 'rejected', reason: decision.reason });
      await store.commit({
        entry: rejected,
        events: [{ ...event, what: 'entry.rejected', facts: {}, note: decision.reason }],
      });
      return rejected;
    }
    if (decision.type === 'answer') return answerEntry({ store, now }, before, decision, who);
    const referral = newId('ref', at);
    const [next = 0, ...others] = openParts(before);
    const { part = next, corrections } = decision;
    if (part !== next && !others.includes(part)) throw new Conflict(`${id} has no open referral ${part}`);
    const accepted = decide(before, { type: 'accepted', part, corrections, referral });
    const corrected = accepted.fields.filter((field) => field.by === 'person' && (field.part ?? 0) === part).length;
    const lessons = await lessonsFrom(store, before, accepted, part, at);
    await store.commit({
      entry: accepted,
      ...(lessons ? { lessons } : {}),
      known: await keysOf(store, accepted, part),
      referral: incoming(referral, accepted, part, await store.message(before.message), who, at),
      events: [{ ...event, what: 'entry.accepted', facts: { referral, corrected } }],
    });
    return accepted;
  };
}

function incoming(id: ReferralId, entry: Entry, part: number, message: Message, who: string, at: number): Referral {
  const request = requestOf(entry, part, message);
  const draft: Referral = {
    id,
    practice: entry.practice,
    direction: 'incoming',
    message: entry.message,
    state: 'draft',
    request,
    steps: [],
    version: 1,
  };
  const sent = step(draft, 'sent', { evidence: `message ${message.id}`, at: message.receivedAt });
  const received = step(sent, 'received', { evidence: `accepted by ${who}`, at });
  return { ...received, version: 1 };
}

/** FHIR's name for the code system. */
const icd10cm = 'http://hl7.org/fhir/sid/icd-10-cm';

const urgencyOf = (text: string | null): Urgency | null => urgencies.find((each) => each === text) ?? null;

function requestOf(entry: Entry, part: number, message: Message): ReferralRequest {
  const own = entry.fields.filter((field) => (field.part ?? 0) === part);
  const value = (name: FieldName): string | null => own.find((field) => field.name === name)?.value ?? null;
  const name = value('patient.name');
  if (name === null)
    throw new Invalid('a referral needs a patient; nothing was accepted', {
      'patient.name': 'type the name that the pages show',
    });
  const words = name.split(/\s+/);
  const referrer = value('referrer.name');
  const [chart, payer] = [value('patient.mrn'), value('coverage.payer')];
  const codes =
    value('service.diagnoses')
      ?.split(/[\s,]+/)
      .filter(Boolean) ?? [];
  const diagnoses = codes.map((code) => ({ system: icd10cm, code }));
  return {
    patient: {
      name: { family: words.at(-1) ?? name, given: words.slice(0, -1) },
      birthDate: value('patient.birthDate'),
      sex: value('patient.sex'),
      phone: value('patient.phone'),
      identifiers: chart === null ? [] : [{ system: 'mrn', value: chart }],
      coverage: payer === null ? null : { payer, memberId: value('coverage.memberId') ?? '' },
    },
    requester:
      referrer === null
        ? null
        : { name: referrer, npi: value('referrer.npi'), fax: value('referrer.fax'), direct: null },
    recipient: message.recipients[0] ?? null,
    service: { specialty: value('service.specialty'), reason: value('service.reason'), diagnoses },
    urgency: urgencyOf(value('service.urgency')) ?? message.urgency,
    neededBy: null,
    replyTo: message.origin.from === null ? null : { channel: message.origin.channel, address: message.origin.from },
  };
}

export interface StepRecord extends Asked {
  readonly referral: ReferralId;
  readonly to: ReferralState;
  readonly evidence: string;
  readonly reason: string | null;
}

/** Record a step of a referral's life, told by a person or a program.
 *  @throws NotFound also for another practice's. */
export function recordStep({ store, now }: Deps) {
  return async (record: StepRecord): Promise<Referral> => {
    const { referral: id, to, evidence, reason, who } = record;
    const before = await store.referral(id);
    mine(before.practice, id, record);
    const at = now();
    const after = step(before, to, { evidence, reason, at });
    if (after === before) return before;
    await store.commit({
      referral: after,
      events: [{ message: before.message, subject: id, what: 'referral.stepped', who, at, facts: { to } }],
    });
    return after;
  };
}

function mine(practice: PracticeId, id: string, { practices }: Asked): void {
  if (practices !== null && !practices.includes(practice)) throw new NotFound(`${id} not found`);
}
