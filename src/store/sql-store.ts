import { stages, type Acknowledgement, type Attempt, type Change, type Stage } from '../core/change.ts';
import type { Delivery } from '../core/delivery.ts';
import type { Entry } from '../core/entry.ts';
import type { Link } from '../core/link.ts';
import type { Document, Message, MessageId, PracticeId } from '../core/message.ts';
import type { Receipt } from '../core/outcome.ts';
import type { Page } from '../core/page.ts';
import type { Referral } from '../core/referral.ts';
import { NotFound } from '../errors.ts';
import { census } from './census.ts';
import type { Db, Row, Value } from './db.ts';
import { asEvent, bytes, lists, text } from './lists.ts';
import { wrappedOf } from './keyring.ts';
import { people } from './people.ts';
import type { Leased, Store } from './store.ts';
import type { Vault } from './vault.ts';
import { pageContext, statements, tokenTerm } from './write.ts';

/** Claimed so often without finishing, work is a dead letter: our own fault, and left alone. */
const deadAfter = 20;

/** Every statement, once. */
export function sqlStore(engine: Db, vault: Vault, now: () => number): Store {
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

  const byId = async (table: string, id: string): Promise<unknown> =>
    opened(table, await one(`select id, body from ${table} where id = $1`, [id], id));

  const documentsOf = async (message: MessageId, roles: string): Promise<Document[]> =>
    (
      await db.all(`select id, body from documents where message = $1 and role in (${roles}) order by id`, [message])
    ).map((row) => opened('documents', row) as Document);

  return {
    ...lists(db, vault),
    people: people(db),

    async commit(change: Change) {
      await vault.ready();
      await db.apply(statements(change, vault));
      for (const listener of listeners) listener(change);
    },
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
    acknowledgementsOf: async (message) =>
      (await db.all('select * from acknowledgements where message = $1 order by at', [message])).map(asAcknowledgement),
    proofsOf: (message) => documentsOf(message, "'raw', 'evidence'"),
    documentInfo: async (id) => {
      const row = await one(
        'select d.id, d.body, d.message, m.practice from documents d left join messages m on m.id = d.message where d.id = $1',
        [id],
        id,
      );
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
    pagesOf: async (message) => {
      const rows = await db.all(
        `select p.document, p.number, p.body from pages p join documents d on d.id = p.document
         where d.message = $1 order by p.document, p.number`,
        [message],
      );
      return rows.map(
        (row) =>
          vault.openJson(bytes(row['body']), pageContext(text(row['document']), row['number'] as number)) as Page,
      );
    },
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
    link: async (token) => {
      const [row] = await db.all('select token, body from links where token = $1', [token]);
      return row ? (opened('links', row, 'token') as Link) : null;
    },
    linkOf: async (attempt) => {
      const [row] = await db.all('select token, body from links where attempt = $1', [attempt]);
      return row ? (opened('links', row, 'token') as Link) : null;
    },
    history: async (message) =>
      (await db.all('select * from events where message = $1 order by seq', [message])).map((row) =>
        asEvent(row, vault),
      ),

    claim: async (wanted, limit, leaseMs) => {
      const at = now();
      const names = wanted.map((stage) => `'${stage}'`).join(', ');
      // Not by the index of stages: most rows of a stage are due in weeks.
      const due = `select stage, subject from work
        where due_at <= $1 and leased_until <= $1 and claims < ${deadAfter} and stage || '' in (${names})
        order by due_at limit $3 ${db.skipLocked}`;
      // An update that finds nothing writes nothing: an idle gateway leaves the disk alone.
      if (limit < 1) return [];
      const rows = await db.apply([
        {
          // Materialized: a plan that looked twice would take more than it was asked to.
          sql: `with due as materialized (${due})
            update work set leased_until = $2, claims = claims + 1
            where (stage, subject) in (select stage, subject from due) returning *`,
          params: [at, at + leaseMs, limit],
        },
      ]);
      return rows.map(asLeased);
    },
    renew: async (work, leaseMs) => {
      const kept = await db.apply([
        {
          sql: `update work set leased_until = $5 where ${held} returning stage`,
          params: [...lease(work), now() + leaseMs],
        },
      ]);
      return kept.length > 0;
    },
    finish: (work) => write(`delete from work where ${held}`, lease(work)),
    release: (work, at) => write(`update work set due_at = $5, leased_until = 0 where ${held}`, [...lease(work), at]),
    // The generation moves on instead of the claims: a lease once given out is never given out again.
    unclaim: (work) =>
      write(
        `update work set leased_until = 0, claims = claims - 1, generation = generation + 1 where ${held}`,
        lease(work),
      ),
    depth: async () => {
      const rows = await db.all('select stage, count(*) as n from work where due_at <= $1 group by stage', [now()]);
      const counts = new Map(rows.map((row) => [row['stage'], row['n'] as number]));
      return Object.fromEntries(stages.map((stage) => [stage, counts.get(stage) ?? 0])) as Record<Stage, number>;
    },
    // What is dead was due: the future, which is most of the table, need not be looked at.
    held: async () => {
      if (free) return null;
      const [row] = await db.all('select mark, at, ready from restored');
      free = row === undefined;
      return row ? { mark: row['mark'] as number, at: row['at'] as number, ready: row['ready'] === 1 } : null;
    },

    deadLetters: async () =>
      (await db.all(`select * from work where due_at <= $1 and claims >= ${deadAfter}`, [now()])).map(asLeased),

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

/** True of a row as long as this lease on it stands. */
const held = 'stage = $1 and subject = $2 and generation = $3 and claims = $4';

const lease = ({ stage, subject, generation, claims }: Leased): Value[] => [stage, subject, generation, claims];

const asLeased = (row: Row): Leased => ({
  stage: row['stage'] as Stage,
  subject: text(row['subject']),
  dueAt: row['due_at'] as number,
  generation: row['generation'] as number,
  claims: row['claims'] as number,
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
