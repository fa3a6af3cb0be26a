import type { AnswerSheet } from '../core/answer-sheet.ts';
import { stages, type Acknowledgement, type Attempt, type Change, type Pickup, type Stage } from '../core/change.ts';
import type { Delivery } from '../core/delivery.ts';
import type { Entry } from '../core/entry.ts';
import type { Link } from '../core/link.ts';
import type { Document, Message, MessageId, PracticeId } from '../core/message.ts';
import type { Receipt } from '../core/outcome.ts';
import type { Referral } from '../core/referral.ts';
import type { Closing } from '../core/lane.ts';
import { NotFound } from '../errors.ts';
import { asLeased, claims } from './claims.ts';
import { census } from './census.ts';
import type { Db, Row, Value } from './db.ts';
import { held, lease, leases } from './leases.ts';
import { asEvent, bytes, lists, text } from './lists.ts';
import { wrappedOf } from './keyring.ts';
import { lessonStore } from './lessons.ts';
import { deadAfter, isDead } from './dead-letters.ts';
import { pauseStore } from './pauses.ts';
import { overview } from './overview.ts';
import { numbers } from './numbers.ts';
import { pagesOfEntries } from './pages.ts';
import { people } from './people.ts';
import { recipientStore } from './recipients.ts';
import { recorded } from './record.ts';
import { recordStore } from './record-store.ts';
import { singles } from './singles.ts';
import type { Store } from './store.ts';
import type { WidthsOf } from './traffic.ts';
import type { Vault } from './vault.ts';
import { worklist } from './worklist.ts';
import { pageContext } from './write-pages.ts';
import { statements, tokenTerm } from './write.ts';

/** Every statement, once. */
export function sqlStore(engine: Db, vault: Vault, now: () => number, widthsOf: WidthsOf = boundless): Store {
  const db: Db = {
    ...engine,
    all: async (sql, params) => {
      const rows = await engine.all(sql, params);
      await vault.learn(rows);
      return rows;
    },
  };
  // A store is restored while no gateway has it open: once free, it stays so.
  let free = false;
  const { onBehalfOf, rowOf, documentOf } = singles(db);
  const listeners = new Set<(change: Change) => void>();

  async function one(sql: string, params: readonly Value[], what: string): Promise<Row> {
    const [row] = await db.all(sql, params);
    if (!row) throw new NotFound(`${what} not found`);
    return row;
  }

  async function write(sql: string, params: readonly Value[]): Promise<void> {
    await db.apply([{ sql, params }]);
  }

  /** The sealed body of a row in a table whose key is its sealing context. */
  const opened = (table: string, row: Row, key = 'id'): unknown =>
    vault.openJson(bytes(row['body']), `${table}:${text(row[key])}`);

  const byId = async (table: Parameters<typeof rowOf>[0], id: string): Promise<unknown> =>
    opened(table, await rowOf(table, id));

  const documentsOf = async (message: MessageId, roles: string): Promise<Document[]> =>
    (
      await db.all(`select id, body from documents where message = $1 and role in (${roles}) order by id`, [message])
    ).map((row) => opened('documents', row) as Document);

  return {
    ...lists(db, vault),
    ...worklist(db, vault),
    ...numbers(db, vault, rowOf),
    overview: (query) => overview(db, query),
    ...lessonStore(db, vault),
    ...recipientStore(db, vault, rowOf),
    ...pauseStore(db, vault),
    people: people(db, vault, rowOf),
    record: recordStore(db, vault),

    async commit(change: Change) {
      await vault.ready();
      const lines = change.events.map((event) => recorded(event, vault));
      await db.apply(statements(change, vault), lines);
      // Who listens does the gateway's work, not this person's.
      onBehalfOf(null, () => {
        listeners.forEach((listener) => listener(change));
      });
    },
    onBehalfOf,
    onCommit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    message: async (id) => (await byId('messages', id)) as Message,
    messageByToken: async (channel, token) => {
      await vault.ready();
      const [row] = await db.all('select id, body from messages where channel = $1 and token = $2', [
        channel,
        tokenTerm(token, vault),
      ]);
      return row ? (opened('messages', row) as Message) : null;
    },
    delivery: async (id) => (await byId('deliveries', id)) as Delivery,
    deliveriesOf: async (message) =>
      (await db.all('select id, body from deliveries where message = $1 order by id', [message])).map(
        (row) => opened('deliveries', row) as Delivery,
      ),
    attempt: async (id) => {
      const [row] = await db.all('select id, body from attempts where id = $1', [id]);
      return row ? asAttempt(opened('attempts', row)) : null;
    },
    attemptsOf: async (delivery) =>
      (await db.all('select id, body from attempts where delivery = $1 order by opened_at, id', [delivery])).map(
        (row) => asAttempt(opened('attempts', row)),
      ),
    receiptsOf: async (delivery) =>
      (
        await db.all(
          `select r.* from receipts r join attempts a on a.id = r.attempt where a.delivery = $1 order by r.at, r.kind`,
          [delivery],
        )
      ).map(asReceipt),
    pickupsAt: async (place) =>
      (await db.all('select fax, phase from pickups where place = $1 order by fax', [place])).map((row) => ({
        place,
        fax: text(row['fax']),
        phase: row['phase'] as Pickup['phase'],
      })),
    acknowledgementsOf: async (message) =>
      (await db.all('select * from acknowledgements where message = $1 order by at', [message])).map(asAcknowledgement),
    proofsOf: (message) => documentsOf(message, "'raw', 'evidence'"),
    documentInfo: async (id) => {
      const row = await documentOf(id);
      return {
        document: opened('documents', row) as Document,
        message: row['message'] as MessageId | null,
        practice: row['practice'] as PracticeId | null,
      };
    },
    document: async (id) => {
      const row = await one(
        `select d.sealed, k.kek, k.wrapped from documents d left join document_keys k on k.document = d.id
         where d.id = $1 and d.sealed is not null`,
        [id],
        id,
      );
      return vault.openDocument(id, bytes(row['sealed']), row['kek'] === null ? null : wrappedOf(row));
    },
    ...pagesOfEntries(db, vault, async (id) => (await byId('messages', id)) as Message),
    pageImage: async (document, number) => {
      const { png } = await one(
        'select png from pages where document = $1 and number = $2',
        [document, number],
        document,
      );
      return vault.open(bytes(png), pageContext(document, number));
    },
    referral: async (id) => (await byId('referrals', id)) as Referral,
    entry: async (id) => (await byId('entries', id)) as Entry,
    entryOf: async (message) => {
      const [row] = await db.all('select id, body from entries where message = $1', [message]);
      return row ? (opened('entries', row) as Entry) : null;
    },
    borrowersOf: async (message) =>
      (
        await db.all('select e.id, e.body from lent_pages l join entries e on e.id = l.entry where l.message = $1', [
          message,
        ])
      ).map((row) => opened('entries', row) as Entry),
    link: async (token) => {
      const [row] = await db.all('select token, body from links where token = $1', [token]);
      return row ? (opened('links', row, 'token') as Link) : null;
    },
    linkOf: async (attempt) => {
      const [row] = await db.all('select token, body from links where attempt = $1', [attempt]);
      return row ? (opened('links', row, 'token') as Link) : null;
    },
    answerSheet: async (id) => {
      const [row] = await db.all('select id, body from answer_sheets where id = $1', [id]);
      return row ? (opened('answer_sheets', row) as AnswerSheet) : null;
    },
    signature: async (text) => {
      await vault.ready();
      return vault.term(`signature:${text}`);
    },
    history: async (message) =>
      (await db.all('select * from events where message = $1 order by seq', [message])).map((row) =>
        asEvent(row, vault),
      ),

    claim: claims(db, now, widthsOf),
    ...leases(db, now),
    release: (work, at, failure) =>
      write(`update work set due_at = $5, leased_until = 0, failure = $6 where ${held}`, [
        ...lease(work),
        at,
        failure ?? null,
      ]),
    // The generation moves on instead of the claims: a lease once given out is never given out again.
    unclaim: (work) =>
      write(
        `update work set leased_until = 0, claims = claims - 1, generation = generation + 1 where ${held}`,
        lease(work),
      ),
    depth: async () => {
      const rows = await db.all(
        `select stage, count(*) as n from work where parked = '' and urgency in (0, 1, 2) and due_at <= $1 group by stage
         union all select stage, count(*) as n from work where parked > '' group by stage`,
        [now()],
      );
      const due = (stage: Stage): number =>
        rows.filter((row) => row['stage'] === stage).reduce((sum, row) => sum + (row['n'] as number), 0);
      return Object.fromEntries(stages.map((stage) => [stage, due(stage)])) as Record<Stage, number>;
    },
    closings: async () => (await db.all('select * from lanes order by lane')).map(asClosing),
    deadLetters: async () =>
      (await db.all(`select * from work where ${isDead} order by due_at, stage, subject`, [now()])).map((row) => ({
        ...asLeased(row),
        failure: row['failure'] as string | null,
        asideAt: row['aside_at'] as number | null,
      })),
    held: async () => {
      if (free) return null;
      const [row] = await db.all('select mark, at, ready from restored');
      free = row === undefined;
      return row ? { mark: row['mark'] as number, at: row['at'] as number, ready: row['ready'] === 1 } : null;
    },

    census: () => census(db, now(), deadAfter),

    probe: () =>
      write(
        `insert into work (stage, subject, due_at) values ('probe', 'probe', $1)
         on conflict (stage, subject) do update set due_at = excluded.due_at`,
        [Number.MAX_SAFE_INTEGER],
      ),
    close: () => db.close(),
  };
}

const boundless: WidthsOf = () => ({ lane: Infinity, channel: Infinity });

const asClosing = (row: Row): Closing => ({
  lane: text(row['lane']),
  why: row['why'] as Closing['why'],
  since: row['since'] as number,
  until: row['until'] as number,
});

/** Written before families were, each try went out under a name of its own. */
function asAttempt(body: unknown): Attempt {
  const attempt = body as Omit<Attempt, 'family'> & Partial<Pick<Attempt, 'family'>>;
  return { ...attempt, family: attempt.family ?? attempt.id };
}

const asReceipt = (row: Row): Receipt => ({
  attempt: row['attempt'] as Receipt['attempt'],
  kind: row['kind'] as Receipt['kind'],
  reason: row['reason'] === null ? null : (JSON.parse(text(row['reason'])) as Receipt['reason']),
  evidence: row['evidence'] as Receipt['evidence'],
  at: row['at'] as number,
});

const asAcknowledgement = (row: Row): Acknowledgement => ({
  message: row['message'] as MessageId,
  notice: row['notice'] as Acknowledgement['notice'],
  outcome: JSON.parse(text(row['outcome'])) as Acknowledgement['outcome'],
  at: row['at'] as number,
});
