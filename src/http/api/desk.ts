import { createRoute, z } from '@hono/zod-openapi';
import type { Delivery } from '../../core/delivery.ts';
import type { Entry } from '../../core/entry.ts';
import type { Task } from '../../core/task.ts';
import type { WorklistRow } from '../../store/store.ts';
import { may, require } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import {
  overview,
  task as taskShape,
  worklistKind,
  worklistLine,
  type WorklistKind,
  type WorklistLine,
} from '../desk-shapes.ts';
import { cursor, limit } from '../requests.ts';
import { waiting } from '../sentences.ts';
import { list, time } from '../shapes.ts';
import { iso } from '../views.ts';
import { answers, json, resource } from './route.ts';

const tags = ['worklist'];
const hour = 60 * 60_000;
const spans = { day: [24 * hour, hour], week: [7 * 24 * hour, 6 * hour] } as const;

const show = createRoute({
  method: 'get',
  path: '/api/v1/overview',
  tags,
  summary: 'What needs a person now, and how each channel does. No patient data',
  request: { query: z.object({ span: z.enum(['day', 'week']).default('day') }) },
  responses: answers(overview, 'Figures of what arrived within the span'),
});

const all = createRoute({
  method: 'get',
  path: '/api/v1/worklist',
  tags,
  summary: 'What waits for a person, oldest first. No patient data',
  request: {
    query: z.object({
      kind: worklistKind,
      owner: z.string().max(250).optional().openapi({ description: '`me`, `none`, or who: `user:anna`' }),
      snoozed: z.literal('1').optional(),
      limit,
      cursor,
    }),
  },
  responses: answers(list(worklistLine), 'What waits'),
});

const keep = createRoute({
  method: 'post',
  path: '/api/v1/worklist/{subject}',
  tags,
  summary: 'Take it, put it off, set when it is due, or say that nothing is left to do',
  request: {
    params: z.object({ subject: z.string().regex(/^(?:dlv|itk)_[0-9a-z]{26}$/) }),
    ...json(
      z.strictObject({
        version: z.number().int().min(0),
        owner: z.enum(['me']).nullable().optional(),
        dueAt: time.nullable().optional(),
        snoozedUntil: time.nullable().optional(),
        done: z.boolean().optional(),
      }),
    ),
  },
  responses: answers(taskShape, 'What is agreed on now'),
});

export function deskRoutes({ store, actions, now }: HttpDeps) {
  return resource()
    .openapi(show, async (c) => {
      const caller = c.get('caller');
      require(caller, 'log');
      const [length, stretch] = spans[c.req.valid('query').span];
      const at = now();
      const since = Math.floor((at - length) / stretch + 1) * stretch;
      const found = await store.overview({ practices: caller.practices, since, now: at, stretch });
      const deadLetters =
        caller.practices === null ? (await store.deadLetters()).filter(({ asideAt }) => asideAt === null).length : null;
      const { emergencies } = store.people;
      const unreviewed = may(caller, 'people') ? await emergencies.unreviewed(caller.practices) : null;
      return c.json(
        {
          since: iso(since),
          needs: { ...found.needs, deadLetters, emergencies: unreviewed },
          channels: found.channels.map(({ channel, p50, p95, ...rest }) => ({
            ...rest,
            channel: channel === '' ? null : channel,
            p50Ms: p50,
            p95Ms: p95,
          })),
          stretchMs: stretch,
          stretches: found.stretches.map((each) => ({ ...each, at: iso(each.at) })),
        },
        200,
      );
    })
    .openapi(all, async (c) => {
      const caller = c.get('caller');
      const { kind, owner, snoozed, limit, cursor } = c.req.valid('query');
      require(caller, kind === 'intake' ? 'intake' : 'log');
      const whose = owner === 'me' ? caller.who : owner === 'none' ? null : owner;
      const query = { practices: caller.practices, kind, owner: whose, snoozed: snoozed !== undefined, now: now() };
      const { rows, next } = await store.worklist({ ...query, limit, cursor });
      return c.json({ rows: rows.map((row) => lineOf(kind, row)), next }, 200);
    })
    .openapi(keep, async (c) => {
      const caller = c.get('caller');
      const subject = c.req.valid('param').subject as Task['subject'];
      require(caller, subject.startsWith('itk_') ? 'intake' : 'decide');
      const { owner, dueAt, snoozedUntil, ...rest } = c.req.valid('json');
      const { who, practices } = caller;
      const kept = await actions.keepTask({
        ...rest,
        who,
        practices,
        subject,
        owner: owner === 'me' ? who : owner,
        dueAt: moment(dueAt),
        snoozedUntil: moment(snoozedUntil),
      });
      return c.json(taskView(kept), 200);
    });
}

const moment = (at: string | null | undefined): number | null | undefined => (at ? Date.parse(at) : (at as null));

const taskView = ({ owner, dueAt, snoozedUntil, version }: Task) => ({
  owner,
  dueAt: dueAt === null ? null : iso(dueAt),
  snoozedUntil: snoozedUntil === null ? null : iso(snoozedUntil),
  version,
});

function lineOf(kind: WorklistKind, { of, task, urgency, deadline, since }: WorklistRow): WorklistLine {
  const { title, why } = kind === 'intake' ? arrived(of as Entry) : stopped(of as Delivery);
  return {
    subject: of.id,
    kind,
    message: of.message,
    practice: of.practice,
    title,
    why,
    urgency,
    since: since > 0 ? iso(since) : null,
    deadline: iso(deadline),
    task: taskView(task),
  };
}

const stopped = (delivery: Delivery) => ({
  title: delivery.recipient.name ?? delivery.routes[delivery.route]?.address ?? 'unnamed recipient',
  why: waiting(delivery),
});

const arrivals: Readonly<Record<string, string>> = { direct: 'Direct message', efax: 'Fax' };

function arrived({ channel, pages, warnings }: Entry) {
  const many = `${pages} ${pages === 1 ? 'page' : 'pages'}`;
  const [first] = warnings;
  return {
    title: `${arrivals[channel] ?? channel}, ${many}`,
    why: first === undefined ? 'Waits to be reviewed.' : `Waits to be reviewed: ${first}.`,
  };
}
