import { createHash } from 'node:crypto';
import type { Delivery, DeliveryState } from '../../src/core/delivery.ts';
import type { DeliveryId, Message } from '../../src/core/message.ts';
import type { Db, Statement } from '../../src/store/db.ts';
import type { Engine } from '../../src/store/sqlite-engine.ts';
import type { Store } from '../../src/store/store.ts';
import type { Ledgers, Line, Promised } from './ledgers.ts';
import { practices } from './process.ts';

/** Which state may follow which. Only proof leads to `delivered`, and nothing leads out of it. */
const legal: Readonly<Record<DeliveryState, readonly DeliveryState[]>> = {
  pending: ['pending', 'sending', 'held', 'cancelled', 'delivered'],
  sending: ['sending', 'pending', 'sent', 'held', 'failed', 'delivered'],
  sent: ['sent', 'pending', 'held', 'failed', 'delivered'],
  held: ['held', 'pending', 'cancelled', 'delivered'],
  failed: ['failed', 'pending', 'delivered'],
  cancelled: ['cancelled', 'delivered'],
  delivered: ['delivered'],
};

/** After every write: states follow each other as they may, version by version (I7 of versions), and nothing that
 *  should move lies without work (I6). */
export function watch(engine: Engine, violate: (what: string) => void): (written: readonly Statement[]) => void {
  const seen = new Map<string, { readonly state: DeliveryState; readonly version: number }>();
  return (written) => {
    // Most of all writes claim work, and move nothing.
    if (written.every(({ sql }) => /^\s*(with due as|update work)/.test(sql))) return;
    const moved = written.some(({ sql }) => sql.includes('deliveries'));
    for (const row of moved ? engine.all('select id, state, version from deliveries', []) : []) {
      const { id, state, version } = row as unknown as { id: string; state: DeliveryState; version: number };
      const before = seen.get(id);
      if (before && before.version !== version) {
        if (version !== before.version + 1) violate(`versions: ${id} went from ${before.version} to ${version}`);
        if (!legal[before.state].includes(state)) violate(`states: ${id} went from ${before.state} to ${state}`);
      }
      seen.set(id, { state, version });
    }
    for (const { id, state } of engine.all(idle, [])) violate(`I6 no work: ${String(id)} is ${String(state)}`);
  };
}

const idle = `select d.id, d.state from deliveries d where d.state in ('pending', 'sending', 'sent') and not exists (
  select 1 from work w where (w.stage in ('deliver', 'settle') and w.subject = d.id)
                          or (w.stage in ('extract', 'route') and w.subject = d.message))`;

/** When a run is over: the world's ledgers against what the gateway says. `store` must be without faults. */
export async function judge(store: Store, db: Db, ledgers: Ledgers, logged: readonly string[]): Promise<string[]> {
  const violations: string[] = [];
  const violate = (what: string): void => void violations.push(what);
  const messages = await messagesBy(store, db);
  for (const promised of ledgers.promised) {
    const message = messages.get(contentHash(promised.content));
    if (!message || (promised.message !== null && promised.message !== message.id)) {
      violate(`I1 lost: "${promised.content}" was promised and is not here`);
      continue;
    }
    const deliveries = await store.deliveriesOf(message.id);
    if (deliveries.length === 0) violate(`I1 lost: ${message.id} has no delivery`);
    for (const delivery of deliveries) await judgeDelivery(store, ledgers, promised, delivery, violate);
    if (promised.by === 'direct') await judgeNotices(store, ledgers, promised, message, deliveries, violate);
  }
  await judgeRest(store, db, logged, violate);
  return violations;
}

async function messagesBy(store: Store, db: Db): Promise<Map<string, Message>> {
  const rows = await db.all('select id from messages');
  const messages = await Promise.all(rows.map(({ id }) => store.message(id as Message['id'])));
  return new Map(messages.map((message) => [message.documents[0]!.sha256, message]));
}

type Violate = (what: string) => void;

async function judgeDelivery(store: Store, ledgers: Ledgers, promised: Promised, delivery: Delivery, violate: Violate) {
  const { id, state } = delivery;
  const lines = ledgers.read.filter(({ content }) => content === promised.content);
  const attempts = await store.attemptsOf(id);
  if (['pending', 'sending', 'sent'].includes(state)) violate(`I12 stuck: ${id} is still ${state}`);

  judgeCopies(lines, delivery, ledgers, violate);
  if (state === 'delivered') await judgeProof(store, ledgers, lines, delivery, violate);
  if (state === 'failed' && lines.length > 0) violate(`false failure: ${id} failed, but its reader has it`);
  if (state === 'failed' && delivery.unresolved.length > 0) violate(`false failure: ${id} failed while in doubt`);
  for (const attempt of delivery.unresolved) {
    if (!ledgers.left.has(attempt) && !ledgers.broken.has(attempt)) await mustBeHanded(store, attempt, id, violate);
  }
  const patience = delivery.routes.reduce((sum, { delays }) => sum + delays.length + 1, 0);
  const budget = patience * (1 + persons(ledgers, id));
  if (attempts.length > budget) violate(`I10 attempts: ${id} made ${attempts.length}, its patience is ${budget}`);
  if (delivery.practice !== promised.practice) violate(`I8 practices: ${id} belongs to ${delivery.practice}`);
}

const persons = (ledgers: Ledgers, id: DeliveryId): number => ledgers.persons.get(id) ?? 0;

/** I2: at most one copy comes unannounced, and no route brings two unless a person asked. */
function judgeCopies(lines: readonly Line[], { id }: Delivery, ledgers: Ledgers, violate: Violate): void {
  if (lines.filter(({ marked }) => !marked).length > 1) violate(`I2 duplicate: ${id} arrived twice unmarked`);
  if (persons(ledgers, id) > 0) return;
  const places = lines.map(({ channel, address }) => `${channel} ${address}`);
  if (new Set(places).size < places.length) violate(`I2 duplicate: ${id} arrived twice at one address`);
}

/** I3: what we call delivered stands in a ledger that is not ours, or a person gave their word. */
async function judgeProof(
  store: Store,
  ledgers: Ledgers,
  lines: readonly Line[],
  delivery: Delivery,
  violate: Violate,
): Promise<void> {
  const { id, provenBy } = delivery;
  if (provenBy === null && persons(ledgers, id) > 0) return;
  const attempt = provenBy === null ? null : await store.attempt(provenBy);
  if (attempt?.channel === 'intake') {
    const entry = await store.entryOf(delivery.message);
    if (!entry || entry.state === 'read') violate(`I3 false receipt: ${id} does not lie in the intake queue`);
    return;
  }
  if (!lines.some(({ family }) => family === attempt?.family))
    violate(`I3 false receipt: ${id} by ${String(provenBy)}`);
}

/** I4: doubt needs a reason: the hand-over was written down. Our own desk writes none: what was filed there twice is
 *  filed once, and a filing whose answer was lost may stand. */
async function mustBeHanded(store: Store, id: Line['attempt'], delivery: DeliveryId, violate: Violate): Promise<void> {
  const attempt = await store.attempt(id);
  if (attempt?.channel !== 'intake' && attempt?.phase !== 'handed')
    violate(`I4 doubt: ${delivery} doubts ${id}, which never left`);
}

async function judgeNotices(
  store: Store,
  ledgers: Ledgers,
  { token }: Promised,
  { id }: Message,
  deliveries: readonly Delivery[],
  violate: Violate,
): Promise<void> {
  const told = ledgers.notices.filter((each) => each.token.startsWith(`${token} `)).map(({ notice }) => notice);
  const filed = deliveries.every(({ state }) => state === 'delivered');
  const given = (await store.acknowledgementsOf(id)).map(({ notice }) => notice);
  if (!given.includes('processed')) violate(`I1 notice: the sender of ${id} was never told that it came`);
  if (filed && !given.includes('delivered')) violate(`I1 notice: the sender of ${id} was never told that it lies here`);
  if (told.includes('delivered') && !filed) violate(`I3 false notice: ${id} was called delivered`);
}

async function judgeRest(store: Store, db: Db, logged: readonly string[], violate: Violate): Promise<void> {
  for (const { stage, subject } of await store.deadLetters()) violate(`dead letter: ${stage} of ${subject}`);
  for (const { stage, subject } of await db.all(`select stage, subject from work where stage <> 'purge'`))
    violate(`I12 left over: ${String(stage)} of ${String(subject)}`);
  for (const { id } of practices) {
    const { rows } = await store.deliveries({ practices: [id], limit: 1000 });
    if (rows.some(({ delivery }) => delivery.practice !== id)) violate(`I8 practices: ${id} sees another's`);
  }
  const events = (await db.all('select what, facts from events')).map((row) => JSON.stringify(row));
  for (const line of [...events, ...logged]) if (line.includes('Canary-Quist')) violate(`I9 patient data: ${line}`);
}

const contentHash = (content: string): string => createHash('sha256').update(content).digest('hex');
