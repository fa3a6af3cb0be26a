import { randomInt } from 'node:crypto';
import type { AnswerSheet } from '../core/answer-sheet.ts';
import type { Attempt, Change, SealedDocument, Work } from '../core/change.ts';
import { isOpen, type Delivery } from '../core/delivery.ts';
import type { Entry } from '../core/entry.ts';
import { faxOf, type Link } from '../core/link.ts';
import { urgencies, type Message, type MessageId } from '../core/message.ts';
import type { Receipt } from '../core/outcome.ts';
import type { Referral } from '../core/referral.ts';
import type { Task } from '../core/task.ts';
import type { Statement, Value } from './db.ts';
import { putLessons } from './lessons.ts';
import { putDeadLetter } from './dead-letters.ts';
import { putPause } from './pauses.ts';
import { namesOf } from './names.ts';
import { putRecipient, removeRecipient } from './recipients.ts';
import { calling, insertMisdirection, putStanding } from './write-numbers.ts';
import type { Vault } from './vault.ts';
import { indexed, insertPage, insertTurned } from './write-pages.ts';

/** A change but for its events as statements, parents before children. The vault must be ready. */
export function statements(change: Change, vault: Vault): Statement[] {
  const { received, documents, pages, deliveries, attempt, receipt, acknowledgement, referral, entry, link } = change;
  return [
    ...(received ? [insertMessage(received, vault)] : []),
    ...(documents ?? []).flatMap((each) => insertDocument(each, vault)),
    ...(change.quarantined ? [insertQuarantined(change.quarantined, vault)] : []),
    ...(pages ?? []).flatMap((each) => insertPage(each, vault)),
    ...(change.turned ?? []).map((each) => insertTurned(each, vault)),
    ...(deliveries ?? []).flatMap((each) => [
      putDelivery(each, movedAt(change), vault),
      ...terms(each, vault),
      ...calling(each, vault),
    ]),
    ...namesOf(change, vault),
    ...(attempt ? [putAttempt(attempt, vault)] : []),
    ...(receipt ? [insertReceipt(receipt)] : []),
    ...(acknowledgement
      ? [
          write(
            'insert into acknowledgements (message, notice, outcome, at) values ($1, $2, $3, $4) on conflict do nothing',
            [
              acknowledgement.message,
              acknowledgement.notice,
              JSON.stringify(acknowledgement.outcome),
              acknowledgement.at,
            ],
          ),
        ]
      : []),
    ...(referral ? [putReferral(referral, vault)] : []),
    ...[entry, change.partner].flatMap((each) => (each ? [putEntry(each, vault), ...lendings(each)] : [])),
    ...indexed(change, vault),
    ...(change.lessons ? [putLessons(change.lessons, vault)] : []),
    ...(change.recipient ? [putRecipient(change.recipient, vault)] : []),
    ...(change.leaving ? [removeRecipient(change.leaving)] : []),
    ...(link ? [putLink(link, vault)] : []),
    ...(change.task ? [putTask(change.task)] : []),
    ...(change.sheet ? [putSheet(change.sheet, vault)] : []),
    ...(change.standing ? [putStanding(change.standing, vault)] : []),
    ...(change.misdirection ? [insertMisdirection(change.misdirection, vault)] : []),
    ...(change.erase ? eraseMessage(change.erase) : []),
    ...(change.lane ? [putLane(change.lane)] : []),
    ...(change.deadLetter ? [putDeadLetter(change.deadLetter)] : []),
    ...(change.pause ? putPause(change.pause, vault) : []),
    ...(change.pickup ? [putPickup(change.pickup)] : []),
    ...(change.hold ? [moveHold(change.hold)] : []),
    ...(change.work ?? []).map((work) => putWork(work, vault)),
  ];
}

const write = (sql: string, params: readonly Value[], must?: Statement['must']): Statement =>
  must === undefined ? { sql, params } : { sql, params, must };

/** Senders name their messages as they like, after patients even: of the name only a keyed hash lies open. */
export const tokenTerm = (token: string, vault: Vault): string => vault.term(`token:${token}`);

const insertMessage = (message: Message, vault: Vault): Statement =>
  write(
    `insert into messages (id, practice, channel, token, urgency, deadline, received_at, body)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
    [
      message.id,
      message.practice,
      message.origin.channel,
      tokenTerm(message.origin.token, vault),
      message.urgency,
      message.deadline,
      message.receivedAt,
      vault.sealJson(message, `messages:${message.id}`),
    ],
    'duplicate',
  );

const insertDocument = ({ document, message, role, bytes }: SealedDocument, vault: Vault): Statement[] => {
  const { id } = document;
  const { sealed, kek, wrapped } = vault.sealDocument(id, bytes);
  return [
    write('insert into documents (id, message, role, body, sealed) values ($1, $2, $3, $4, $5)', [
      id,
      message,
      role,
      vault.sealJson(document, `documents:${id}`),
      sealed,
    ]),
    write('insert into document_keys (document, kek, wrapped) values ($1, $2, $3)', [id, kek, wrapped]),
  ];
};

const insertQuarantined = (
  { document, channel, token, reasons, at }: NonNullable<Change['quarantined']>,
  vault: Vault,
): Statement =>
  write(
    `insert into quarantine (document, channel, token, reasons, at) values ($1, $2, $3, $4, $5) on conflict do nothing`,
    [document, channel, tokenTerm(token, vault), JSON.stringify(reasons), at],
    'duplicate',
  );

/** When what is written happened: its events tell. */
const movedAt = ({ events }: Change): number => events.at(-1)?.at ?? 0;

const putDelivery = (delivery: Delivery, at: number, vault: Vault): Statement =>
  write(
    `insert into deliveries (id, message, practice, channel, state, body, version, in_doubt, moved_at, hop,
       urgency, deadline, received_at)
     select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, urgency, deadline, received_at from messages where id = $2
     on conflict (id) do update set channel = excluded.channel, state = excluded.state, body = excluded.body,
       version = excluded.version, in_doubt = excluded.in_doubt, hop = excluded.hop,
       urgency = excluded.urgency, deadline = excluded.deadline, received_at = excluded.received_at,
       moved_at = case when deliveries.state = excluded.state then deliveries.moved_at else excluded.moved_at end
     where deliveries.version = excluded.version - 1`,
    [
      delivery.id,
      delivery.message,
      delivery.practice,
      delivery.routes[delivery.route]?.channel ?? null,
      delivery.state,
      vault.sealJson(delivery, `deliveries:${delivery.id}`),
      delivery.version,
      isOpen(delivery) ? delivery.unresolved.length : 0,
      at,
      delivery.route,
    ],
    'conflict',
  );

/** Addresses are findable from the first version on: they never change. */
const terms = (delivery: Delivery, vault: Vault): Statement[] =>
  delivery.version > 1
    ? []
    : delivery.recipient.endpoints
        .flatMap(({ address }) => [address.toLowerCase(), faxOf(address) ?? ''])
        .filter((address) => address !== '')
        .map((address) =>
          write('insert into terms (hash, delivery) values ($1, $2) on conflict do nothing', [
            vault.term(address),
            delivery.id,
          ]),
        );

/** An attempt goes forward only: handed over when it is still open, and closed in the phase that its closer judged by.
 *  So whoever slept through the closing cannot hand over, and nobody calls a handed attempt unsent. */
const putAttempt = (attempt: Attempt, vault: Vault): Statement =>
  write(
    `insert into attempts (id, delivery, channel, opened_at, closed_at, phase, body) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (id) do update set closed_at = excluded.closed_at, phase = excluded.phase, body = excluded.body
     where (attempts.closed_at is null and excluded.phase = 'handed')
        or (excluded.closed_at is not null and excluded.phase = attempts.phase)`,
    [
      attempt.id,
      attempt.delivery,
      attempt.channel,
      attempt.openedAt,
      attempt.closedAt,
      attempt.phase,
      vault.sealJson(attempt, `attempts:${attempt.id}`),
    ],
    'conflict',
  );

const insertReceipt = (receipt: Receipt): Statement =>
  write(
    'insert into receipts (attempt, kind, evidence, reason, at) values ($1, $2, $3, $4, $5) on conflict do nothing',
    [
      receipt.attempt,
      receipt.kind,
      receipt.evidence,
      receipt.reason ? JSON.stringify(receipt.reason) : null,
      receipt.at,
    ],
    'duplicate',
  );

const putPickup = ({ place, fax, phase }: NonNullable<Change['pickup']>): Statement =>
  phase === null
    ? write('delete from pickups where place = $1 and fax = $2', [place, fax])
    : write(
        `insert into pickups (place, fax, phase) values ($1, $2, $3)
         on conflict (place, fax) do update set phase = excluded.phase where excluded.phase = 'kept'`,
        [place, fax, phase],
      );

const putReferral = (referral: Referral, vault: Vault): Statement =>
  write(
    `insert into referrals (id, practice, message, state, body, version) values ($1, $2, $3, $4, $5, $6)
     on conflict (id) do update set state = excluded.state, body = excluded.body, version = excluded.version
     where referrals.version = excluded.version - 1`,
    [
      referral.id,
      referral.practice,
      referral.message,
      referral.state,
      vault.sealJson(referral, `referrals:${referral.id}`),
      referral.version,
    ],
    'conflict',
  );

const putEntry = (entry: Entry, vault: Vault): Statement =>
  write(
    `insert into entries (id, practice, message, state, body, version) values ($1, $2, $3, $4, $5, $6)
     on conflict (id) do update set state = excluded.state, body = excluded.body, version = excluded.version
     where entries.version = excluded.version - 1`,
    [entry.id, entry.practice, entry.message, entry.state, vault.sealJson(entry, `entries:${entry.id}`), entry.version],
    'conflict',
  );

/** Other arrivals whose pages an entry holds: they are not erased before it is dealt with. */
const lendings = ({ id, message, leaves = [] }: Entry): Statement[] =>
  [...new Set(leaves.map((leaf) => leaf.message))]
    .filter((lender) => lender !== message)
    .map((lender) =>
      write('insert into lent_pages (message, entry) values ($1, $2) on conflict do nothing', [lender, id]),
    );

const putLink = (link: Link, vault: Vault): Statement =>
  write(
    `insert into links (token, attempt, body, version) values ($1, $2, $3, $4)
     on conflict (token) do update set body = excluded.body, version = excluded.version
     where links.version = excluded.version - 1`,
    [link.token, link.attempt, vault.sealJson(link, `links:${link.token}`), link.version],
    'conflict',
  );

const putTask = ({ subject, practice, owner, dueAt, snoozedUntil, doneAt, version }: Task): Statement =>
  write(
    `insert into tasks (subject, practice, owner, due_at, snoozed_until, done_at, version)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (subject) do update set owner = excluded.owner, due_at = excluded.due_at,
       snoozed_until = excluded.snoozed_until, done_at = excluded.done_at, version = excluded.version
     where tasks.version = excluded.version - 1`,
    [subject, practice, owner, dueAt, snoozedUntil, doneAt, version],
    'conflict',
  );

const putSheet = (sheet: AnswerSheet, vault: Vault): Statement =>
  write(
    `insert into answer_sheets (id, attempt, body, version) values ($1, $2, $3, $4)
     on conflict (id) do update set body = excluded.body, version = excluded.version
     where answer_sheets.version = excluded.version - 1`,
    [sheet.id, sheet.attempt, vault.sealJson(sheet, `answer_sheets:${sheet.id}`), sheet.version],
    'conflict',
  );

const moveHold = (to: NonNullable<Change['hold']>): Statement =>
  to === 'ready'
    ? write('update restored set ready = 1', [], 'conflict')
    : write('delete from restored', [], 'conflict');

const eraseMessage = (id: MessageId): Statement[] => [
  write('update documents set sealed = null where message = $1', [id]),
  write('delete from document_keys where document in (select id from documents where message = $1)', [id]),
  write('delete from page_hashes where document in (select id from documents where message = $1)', [id]),
  write('delete from page_marks where message = $1', [id]),
  write('delete from turned_pages where document in (select id from documents where message = $1)', [id]),
  write('delete from pages where document in (select id from documents where message = $1)', [id]),
  write('delete from names where message = $1', [id]),
];

/** Rescheduling replaces: a new generation outlives the finishing of the old. It is drawn, not counted: work that comes
 *  back after it was done would count from one again, and somebody who slept since then hold its lease by chance. */
const putWork = (
  { stage, subject, dueAt, urgency = 'routine', lane = '', latest = never, number }: Work,
  vault: Vault,
): Statement =>
  write(
    `insert into work (stage, subject, due_at, urgency, lane, latest, generation, number)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (stage, subject) do update
     set due_at = excluded.due_at, urgency = excluded.urgency, lane = excluded.lane, latest = excluded.latest,
         parked = '', leased_until = 0, claims = 0, generation = excluded.generation, number = excluded.number,
         failure = null, aside_at = null`,
    [
      stage,
      subject,
      dueAt,
      turns.indexOf(urgency),
      lane,
      latest,
      randomInt(2 ** 47),
      number === undefined ? '' : vault.term(number),
    ],
  );

/** As the column counts them. */
export const turns = urgencies.toReversed();

const never = Number.MAX_SAFE_INTEGER;

const putLane = (news: NonNullable<Change['lane']>): Statement =>
  news.until === null
    ? write('delete from lanes where lane = $1', [news.lane])
    : write(
        `insert into lanes (lane, why, since, until) values ($1, $2, $3, $4)
         on conflict (lane) do update set why = excluded.why, since = excluded.since, until = excluded.until`,
        [news.lane, news.why, news.since, news.until],
      );
