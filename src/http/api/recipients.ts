import { createRoute, z } from '@hono/zod-openapi';
import type { RecipientId } from '../../core/message.ts';
import type { KnownRecipient } from '../../core/recipient.ts';
import { Invalid } from '../../errors.ts';
import { own, practiceOf, require } from '../access.ts';
import { addressFaults } from '../addresses.ts';
import type { HttpDeps } from '../deps.ts';
import { keptRecipient, limit } from '../requests.ts';
import { list, time } from '../shapes.ts';
import { iso } from '../views.ts';
import { answers, json, resource } from './route.ts';

const tags = ['recipients'];

const recipient = z
  .object({
    id: z.string(),
    practice: z.string(),
    name: z.string(),
    npi: z.string().nullable(),
    phone: z.string().nullable(),
    endpoints: z.array(z.object({ channel: z.string(), address: z.string() })),
    changedAt: time,
    by: z.string(),
    version: z.number(),
  })
  .openapi('Recipient');

export type RecipientView = z.infer<typeof recipient>;

const all = createRoute({
  method: 'get',
  path: '/api/v1/recipients',
  tags,
  summary: 'Whom the practice refers to, by name',
  request: {
    query: z.object({
      q: z
        .string()
        .max(200)
        .optional()
        .openapi({ description: 'beginnings of words of the name, or an NPI or address' }),
      limit,
      cursor: z
        .string()
        .regex(/^\d{1,6}$/)
        .optional(),
    }),
  },
  responses: answers(list(recipient), 'Recipients'),
});

const params = z.object({ id: z.string().max(100) });

const one = createRoute({
  method: 'get',
  path: '/api/v1/recipients/{id}',
  tags,
  summary: 'One recipient',
  request: { params },
  responses: answers(recipient, 'The recipient'),
});

const add = createRoute({
  method: 'put',
  path: '/api/v1/recipients',
  tags,
  summary: 'Keep a new recipient; referrals may name it by its id, or by its NPI',
  request: { query: z.object({ practice: z.string().max(100).optional() }), ...json(keptRecipient) },
  responses: answers(recipient, 'The recipient'),
});

const replace = createRoute({
  method: 'put',
  path: '/api/v1/recipients/{id}',
  tags,
  summary: 'Replace a recipient; what is under way keeps the endpoints that it has',
  request: { params, ...json(keptRecipient) },
  responses: answers(recipient, 'The recipient'),
});

const remove = createRoute({
  method: 'delete',
  path: '/api/v1/recipients/{id}',
  tags,
  summary: 'Forget a recipient; what went there stays on record',
  request: { params },
  responses: answers(z.object({ id: z.string() }), 'It is forgotten'),
});

export function recipientRoutes(deps: HttpDeps) {
  const { store, actions, channels } = deps;

  /** @throws Invalid for an address that no channel could reach. */
  function checked({ version, ...kept }: z.infer<typeof keptRecipient>) {
    const off = kept.endpoints.flatMap(({ channel }, at) =>
      channels.has(channel) ? [] : [[`endpoints.${at}.channel`, 'no such channel is switched on'] as const],
    );
    const faults = { ...Object.fromEntries(off), ...addressFaults(channels, kept.endpoints, 'endpoints') };
    if (Object.keys(faults).length > 0) throw new Invalid('some fields are wrong; nothing was kept', faults);
    return { version, recipient: kept };
  }

  return resource()
    .openapi(all, async (c) => {
      const caller = c.get('caller');
      require(caller, 'log');
      const { q, limit: most, cursor } = c.req.valid('query');
      const from = Number(cursor ?? 0);
      const found = (await store.recipientsIn(caller.practices))
        .filter((each) => matches(each, q ?? ''))
        .toSorted((a, b) => (a.name ?? '').localeCompare(b.name ?? '') || (a.id < b.id ? -1 : 1));
      const rows = found.slice(from, from + most).map(view);
      return c.json({ rows, next: from + most < found.length ? String(from + most) : null }, 200);
    })
    .openapi(one, async (c) => {
      const caller = c.get('caller');
      require(caller, 'log');
      return c.json(view(own(caller, await store.recipient(c.req.valid('param').id as RecipientId))), 200);
    })
    .openapi(add, async (c) => {
      const caller = c.get('caller');
      require(caller, 'send');
      const { who, practices } = caller;
      const practice = practiceOf(deps, caller, c.req.valid('query').practice);
      const kept = checked(c.req.valid('json'));
      return c.json(view(await actions.keepRecipient({ id: null, who, practices, practice, ...kept })), 200);
    })
    .openapi(replace, async (c) => {
      const caller = c.get('caller');
      require(caller, 'send');
      const { who, practices } = caller;
      const { id, practice } = own(caller, await store.recipient(c.req.valid('param').id as RecipientId));
      const kept = checked(c.req.valid('json'));
      return c.json(view(await actions.keepRecipient({ id, who, practices, practice, ...kept })), 200);
    })
    .openapi(remove, async (c) => {
      const caller = c.get('caller');
      require(caller, 'send');
      const { id } = own(caller, await store.recipient(c.req.valid('param').id as RecipientId));
      await actions.removeRecipient({ id, who: caller.who, practices: caller.practices });
      return c.json({ id }, 200);
    });
}

const view = ({ name, changedAt, ...rest }: KnownRecipient) => ({
  ...rest,
  name: name ?? '',
  endpoints: [...rest.endpoints],
  changedAt: iso(changedAt),
});

const folded = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/** Every word asked for begins a word of the name, the NPI or an address. */
function matches({ name, npi, endpoints }: KnownRecipient, q: string): boolean {
  const words = folded([name, npi, ...endpoints.map(({ address }) => address)].join(' ')).split(/\s+/);
  return folded(q)
    .split(/\s+/)
    .every((asked) => words.some((word) => word.startsWith(asked)));
}
