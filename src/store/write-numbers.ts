import { hasArrived, type Delivery } from '../core/delivery.ts';
import type { Endpoint } from '../core/message.ts';
import type { Misdirection } from '../core/misdirection.ts';
import { numberOf } from '../core/route.ts';
import type { Standing } from '../core/standing.ts';
import type { Statement } from './db.ts';
import type { Vault } from './vault.ts';

/** A number is taken from the start of an attempt until its end is known. Taken by another, the attempt is a conflict:
 *  no two processes ring it at once. */
export function calling(delivery: Delivery, vault: Vault): Statement[] {
  const { id, state, routes, route } = delivery;
  if (!routes.some(({ rings }) => rings)) return [];
  const current = routes[route];
  const number = current ? numberOf(current) : null;
  if (number !== null && state === 'sending')
    return [
      {
        sql: `insert into calls (number, delivery, lane) values ($1, $2, $3)
          on conflict (number) do update set lane = excluded.lane where calls.delivery = excluded.delivery`,
        params: [vault.term(number), id, current?.lane ?? ''],
        must: 'conflict',
      },
    ];
  // A link that arrived ended its call; only its opening is still waited for.
  return state === 'sent' && !hasArrived(delivery)
    ? []
    : [{ sql: 'delete from calls where delivery = $1', params: [id] }];
}

export const endpointTerm = ({ channel, address }: Endpoint, vault: Vault): string =>
  vault.term(`endpoint:${channel}:${address.toLowerCase()}`);

export function putStanding(standing: Standing, vault: Vault): Statement {
  const { practice, endpoint, suppressed, strikes, changedAt, version } = standing;
  const term = endpointTerm(endpoint, vault);
  return {
    sql: `insert into standings (practice, endpoint, suppressed_until, strikes, changed_at, body, version)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (practice, endpoint) do update set suppressed_until = excluded.suppressed_until,
       strikes = excluded.strikes, changed_at = excluded.changed_at, body = excluded.body, version = excluded.version
     where standings.version = excluded.version - 1`,
    params: [
      practice,
      term,
      suppressed && (suppressed.until ?? Number.MAX_SAFE_INTEGER),
      strikes.length,
      changedAt,
      vault.sealJson(standing, `standings:${practice}:${term}`),
      version,
    ],
    must: 'conflict',
  };
}

export const insertMisdirection = (misdirection: Misdirection, vault: Vault): Statement => ({
  sql: 'insert into misdirections (id, practice, delivery, body) values ($1, $2, $3, $4)',
  params: [
    misdirection.id,
    misdirection.practice,
    misdirection.delivery,
    vault.sealJson(misdirection, `misdirections:${misdirection.id}`),
  ],
});
