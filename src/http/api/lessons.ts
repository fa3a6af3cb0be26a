import { createRoute, z } from '@hono/zod-openapi';
import { require } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { time } from '../shapes.ts';
import { iso } from '../views.ts';
import { answers, resource } from './route.ts';

const tags = ['intake'];

const lessons = z
  .object({
    id: z.string(),
    practice: z.string(),
    sender: z.string().openapi({ description: 'fax number or address' }),
    forms: z.number(),
    lessons: z.number().openapi({ description: 'places and label wordings that people corrected' }),
    at: time,
  })
  .openapi('Lessons');

const all = createRoute({
  method: 'get',
  path: '/api/v1/lessons',
  tags,
  summary: "What people's corrections taught about the forms of each sender",
  responses: answers(z.object({ rows: z.array(lessons) }), 'One for each sender'),
});

const forget = createRoute({
  method: 'delete',
  path: '/api/v1/lessons/{id}',
  tags,
  summary: 'Forget what was learnt about a sender; what was read so far stays as it is',
  request: { params: z.object({ id: z.string() }) },
  responses: answers(z.object({ id: z.string() }), 'It is forgotten'),
});

export type LessonsView = z.infer<typeof lessons>;

export function lessonRoutes({ store, actions }: HttpDeps) {
  return resource()
    .openapi(all, async (c) => {
      const caller = c.get('caller');
      require(caller, 'intake');
      const rows = (await store.lessonsIn(caller.practices)).filter(({ forms }) => forms.length > 0);
      return c.json(
        {
          rows: rows.map(({ id, practice, sender, forms, at }) => ({
            ...{ id, practice, sender },
            forms: forms.length,
            lessons: forms.reduce((sum, form) => sum + form.lessons.length, 0),
            at: iso(at),
          })),
        },
        200,
      );
    })
    .openapi(forget, async (c) => {
      const caller = c.get('caller');
      require(caller, 'intake');
      const { id } = c.req.valid('param');
      await actions.forgetLessons({ id, who: caller.who, practices: caller.practices });
      return c.json({ id }, 200);
    });
}
