import { createRoute } from '@hono/zod-openapi';
import type { CertificateFacts } from '../../core/trust.ts';
import { requireAll } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { trust, type TrustView } from '../trust-shapes.ts';
import { iso } from '../views.ts';
import { answers, resource } from './route.ts';

const show = createRoute({
  method: 'get',
  path: '/api/v1/trust',
  tags: ['channels'],
  summary: 'Our certificates, whom we trust, and what is known of revocations. For those of all practices',
  responses: answers(trust, 'As it stands in this process; nothing is fetched for it'),
});

export function trustRoutes({ channels, now }: HttpDeps) {
  return resource().openapi(show, (c) => {
    requireAll(c.get('caller'), 'log');
    const at = now();
    const all = [...channels.values()].flatMap((channel) => {
      const facts = channel.trust?.();
      return facts ? [{ channel: channel.name, ...facts }] : [];
    });
    const view: TrustView = {
      certificates: all.flatMap(({ channel, certificates }) =>
        certificates.map(({ use, from, domains, direction, ...each }) => ({
          ...lifeOf(each, at),
          ...{ channel, use, from, direction },
          domains: domains && [...domains],
        })),
      ),
      bundles: all.flatMap(({ bundles }) =>
        bundles.map((each) => ({ ...each, fetchedAt: isoOrNull(each.fetchedAt), dueAt: iso(each.dueAt) })),
      ),
      revocation: all.flatMap(({ lists }) =>
        lists.map((each) => ({
          ...each,
          at: isoOrNull(each.at),
          nextUpdate: isoOrNull(each.nextUpdate),
          overdue: each.nextUpdate !== null && each.nextUpdate < at,
        })),
      ),
      found: all.flatMap((each) =>
        each.found.map(({ certificates, ...found }) => ({
          ...found,
          at: iso(found.at),
          certificates: certificates.map((one) => lifeOf({ ...one, replaced: false }, at)),
        })),
      ),
    };
    return c.json(view, 200);
  });
}

const day = 24 * 3_600_000;
const isoOrNull = (at: number | null): string | null => (at === null ? null : iso(at));

type Life = Pick<CertificateFacts, 'subject' | 'names' | 'sha256' | 'notBefore' | 'notAfter' | 'replaced'>;

const lifeOf = (each: Life, at: number) => ({
  subject: each.subject,
  names: [...each.names],
  sha256: each.sha256,
  notBefore: iso(each.notBefore),
  notAfter: iso(each.notAfter),
  state: stateOf(each, at),
});

function stateOf({ notBefore, notAfter, replaced }: Life, at: number): TrustView['certificates'][number]['state'] {
  if (replaced) return 'replaced';
  if (notAfter < at) return 'expired';
  if (notBefore > at) return 'not-yet';
  const left = notAfter - at;
  if (left <= day) return 'within-1-day';
  if (left <= 7 * day) return 'within-7-days';
  return left <= 30 * day ? 'within-30-days' : 'good';
}
