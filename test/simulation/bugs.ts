import type { Channel, Inbox, Parcel } from '../../src/core/channel.ts';
import { deferred } from '../../src/core/outcome.ts';
import type { Db, Statement } from '../../src/store/db.ts';
import type { Handlers } from './process.ts';

/** Where a bug can be planted: around the parts, never in their sources. */
export interface Bug {
  readonly db?: (db: Db) => Db;
  readonly channel?: (channel: Channel) => Channel;
  readonly handlers?: (handlers: Handlers) => Handlers;
  readonly inbox?: (inbox: Inbox) => Inbox;
}

/** Bugs that people have written, here or elsewhere, each with the promise that it breaks. A simulator that does not
 *  find them finds nothing: the test plants them one by one. */
export const bugs: Readonly<Record<string, Bug & { readonly breaks: RegExp }>> = {
  'sends again when nobody knows': {
    breaks: /I2 duplicate/,
    channel: sending(async (send, parcel, signal) => {
      const outcome = await send(parcel, signal);
      return outcome.kind === 'unknown' ? deferred('interrupted', 'taken for a no') : outcome;
    }),
  },
  'writes no hand-over down': {
    breaks: /I2 duplicate/,
    channel: sending((send, parcel, signal) => send({ ...parcel, handingOver: () => Promise.resolve() }, signal)),
  },
  'forgets to say that it may be a second copy': {
    breaks: /I2 duplicate: .* unmarked/,
    channel: sending((send, parcel, signal) => send({ ...parcel, possibleDuplicate: false }, signal)),
  },
  'lets a given-up attempt be handed over': {
    breaks: /I2 duplicate/,
    db: rewriting((statement) =>
      statement.sql.startsWith('insert into attempts')
        ? { sql: statement.sql.replace(/\swhere [^]*$/, ''), params: statement.params }
        : statement,
    ),
  },
  'takes acceptance for proof': {
    breaks: /I3 false receipt/,
    channel: (channel) => ({ ...channel, capabilities: { ...channel.capabilities, proof: 'acceptance' } }),
  },
  'believes everybody': {
    breaks: /I3 false receipt/,
    inbox: (inbox) => ({ ...inbox, receipt: (news) => inbox.receipt({ ...news, author: null }) }),
  },
  'says yes before it is on disk': {
    breaks: /I1 lost/,
    db: (db) => ({
      ...db,
      apply(statements) {
        const written = db.apply(statements);
        if (!statements.some(({ sql }) => sql.startsWith('insert into messages'))) return written;
        written.catch(() => undefined);
        return Promise.resolve([]);
      },
    }),
  },
  'forgets the timer that waits for a receipt': {
    breaks: /I6 no work/,
    db: dropping(({ sql, params }) => sql.startsWith('insert into work') && params[0] === 'settle'),
  },
  'calls failed work done': {
    breaks: /I6 no work|I12/,
    handlers: (handlers) =>
      Object.fromEntries(
        Object.entries(handlers).map(([stage, handle]) => [
          stage,
          (subject: string, signal: AbortSignal) => handle(subject, signal).catch(() => undefined),
        ]),
      ) as unknown as Handlers,
  },
  'lets two writers of a delivery win': {
    breaks: /versions:|states:|I2/,
    db: rewriting((statement) =>
      statement.sql.startsWith('insert into deliveries')
        ? { sql: statement.sql.replace(/\swhere deliveries[^]*$/, ''), params: statement.params }
        : statement,
    ),
  },
};

type Send = Channel['send'];

function sending(
  changed: (send: Send, parcel: Parcel, signal: AbortSignal) => ReturnType<Send>,
): (channel: Channel) => Channel {
  return (channel) => ({ ...channel, send: (parcel, signal) => changed(channel.send, parcel, signal) });
}

function rewriting(change: (statement: Statement) => Statement): (db: Db) => Db {
  return (db) => ({ ...db, apply: (statements) => db.apply(statements.map(change)) });
}

function dropping(unwanted: (statement: Statement) => boolean): (db: Db) => Db {
  return (db) => ({
    ...db,
    apply: (statements) => db.apply(statements.filter((statement) => !unwanted(statement))),
  });
}
