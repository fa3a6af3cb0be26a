import { createRoute, z } from '@hono/zod-openapi';
import { parsePhoneNumberFromString } from 'libphonenumber-js';
import { barredBy, isSuppressed, suppressedBecause, type Standing } from '../../core/standing.ts';
import { Invalid } from '../../errors.ts';
import { may, practiceOf, require, type Caller } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { dialled, numberDecided, type NumberView } from '../number-shapes.ts';
import { cursor, limit, reason } from '../requests.ts';
import { list, time } from '../shapes.ts';
import { iso } from '../views.ts';
import { answers, json, resource } from './route.ts';

const tags = ['numbers'];

const all = createRoute({
  method: 'get',
  path: '/api/v1/numbers',
  tags,
  summary: 'Numbers that were dialled or spoken of, the latest changed first',
  request: {
    query: z.object({ only: z.enum(['suppressed', 'doubtful']).optional(), cursor, limit }),
  },
  responses: answers(list(dialled), 'Numbers'),
});

const number = z
  .string()
  .max(40)
  .transform((text, context) => {
    const found = parsePhoneNumberFromString(text, 'US');
    if (found?.isPossible()) return found.number;
    context.addIssue({ code: 'custom', message: 'a number like +12125550123' });
    return z.NEVER;
  });

const decide = createRoute({
  method: 'post',
  path: '/api/v1/numbers/{verb}',
  tags,
  summary: 'Confirm a number, say that it must not be dialled, or lift that; the reason is kept',
  request: {
    params: z.object({ verb: z.enum(['confirm', 'suppress', 'lift']) }),
    query: z.object({ practice: z.string().max(100).optional() }),
    ...json(
      z.strictObject({
        number,
        reason,
        why: z.enum(suppressedBecause).optional().openapi({ description: 'with suppress' }),
        until: time.optional().openapi({ description: 'with suppress; absent: until it is lifted' }),
      }),
    ),
  },
  responses: answers(numberDecided, 'The number after it'),
});

export function numberRoutes(deps: HttpDeps) {
  const { store, actions, channels, now } = deps;
  const channel = (): string => {
    const found = [...channels.values()].find(({ capabilities }) => capabilities.dials);
    if (!found) throw new Invalid('No channel that dials numbers is switched on.');
    return found.name;
  };

  function view(standing: Standing, caller: Caller): NumberView {
    const { practice, endpoint, confirmed, reachedAt, suppressed, strikes, changedAt } = standing;
    const at = now();
    const dials = channels.get(endpoint.channel)?.capabilities.dials;
    return {
      practice,
      channel: endpoint.channel,
      number: endpoint.address,
      confirmed: confirmed && { by: confirmed.by, at: iso(confirmed.at) },
      reachedAt: reachedAt === null ? null : iso(reachedAt),
      suppressed:
        suppressed && isSuppressed(standing, at)
          ? {
              ...suppressed,
              note: may(caller, 'content') ? suppressed.note : null,
              at: iso(suppressed.at),
              until: suppressed.until === null ? null : iso(suppressed.until),
            }
          : null,
      strikes: strikes.map((strike) => ({ ...strike, at: iso(strike.at) })),
      bar: barredBy(standing, dials?.confirmFirst ?? false, at),
      changedAt: iso(changedAt),
    };
  }

  return resource()
    .openapi(all, async (c) => {
      const caller = c.get('caller');
      require(caller, 'log');
      const query = c.req.valid('query');
      const { rows, next } = await store.standings({ ...query, practices: caller.practices, now: now() });
      return c.json({ rows: rows.map((each) => view(each, caller)), next }, 200);
    })
    .openapi(decide, async (c) => {
      const caller = c.get('caller');
      require(caller, 'decide');
      const { who, practices } = caller;
      const practice = practiceOf(deps, caller, c.req.valid('query').practice);
      const { number, reason, why = 'other', until } = c.req.valid('json');
      const { verb } = c.req.valid('param');
      const word =
        verb === 'suppress'
          ? { type: verb, why, until: until === undefined ? null : Date.parse(until) }
          : { type: verb };
      const endpoint = { channel: channel(), address: number };
      const { standing, released } = await actions.decideNumber({ who, practices, practice, endpoint, reason, word });
      return c.json({ number: view(standing, caller), released }, 200);
    });
}
