import { createRoute, z } from '@hono/zod-openapi';
import { practiceOf, require } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { imageResponse } from '../files.ts';
import { multipart } from '../multipart.ts';
import { faxPreview } from '../preview-shapes.ts';
import { quota } from '../quota.ts';
import { submission, submissionBody } from '../submission.ts';
import { turns } from '../turns.ts';
import { answers, problems, resource } from './route.ts';

const warnings = {
  dark: 'More than a third of this page is black. Far machines refuse such pages or print a black sheet: send a lighter copy.',
  blank: 'This page is blank. Was it scanned face up?',
  'small-print': 'The print on this page is so small that it will be hard to read. Send it larger, or by another way.',
} as const;

const preview = createRoute({
  method: 'post',
  path: '/api/v1/referrals/preview',
  tags: ['referrals'],
  summary: 'The fax that a referral would become: its pages, warnings, time and price. Nothing is kept or sent',
  request: {
    query: z.object({
      practice: z.string().max(100).optional(),
      images: z.coerce.number().int().min(0).max(300).default(20).openapi({ description: 'pages with their image' }),
    }),
    body: submissionBody,
  },
  responses: answers(faxPreview, 'The fax'),
});

const cover = createRoute({
  method: 'get',
  path: '/api/v1/practices/{id}/cover.png',
  tags: ['referrals'],
  summary: 'What the cover sheet of a practice looks like',
  request: { params: z.object({ id: z.string().max(100) }) },
  responses: {
    200: { description: 'PNG', content: { 'image/png': { schema: z.string().openapi({ format: 'binary' }) } } },
    default: problems,
  },
});

export function previewRoutes(deps: HttpDeps) {
  const { actions, channels } = deps;
  const count = quota(deps.submissionsPerMinute, deps.now);
  const inTurn = turns(deps.hurried);
  return resource()
    .openapi(preview, async (c) => {
      const caller = c.get('caller');
      require(caller, 'send');
      const query = c.req.valid('query');
      const practice = practiceOf(deps, caller, query.practice);
      count(practice);
      const body = new Uint8Array(await c.req.arrayBuffer());
      const draft = submission(multipart(c.req.header('content-type') ?? '', body), channels);
      const { pages, ...rest } = await inTurn(body, () => actions.preview({ practice, ...draft }));
      const shown = pages.map(({ ours, png, warnings: codes }, index) => ({
        number: index + 1,
        ours,
        warnings: codes.map((code) => ({ code, text: warnings[code] })),
        image: index < query.images ? Buffer.from(png).toString('base64') : null,
      }));
      return c.json({ ...rest, prices: [...rest.prices], pages: shown }, 200);
    })
    .openapi(cover, async (c) => {
      const caller = c.get('caller');
      require(caller, 'log');
      return imageResponse(await actions.drawCover(practiceOf(deps, caller, c.req.valid('param').id)));
    });
}
