import { Hono } from 'hono';
import type { Readiness } from '../core/readiness.ts';
import type { Env } from './deps.ts';
import { healthRoutes } from './health.ts';

interface WatchDeps {
  readonly ready: () => Promise<Readiness>;
  /** The metrics as they stand, and their media type. */
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>;
}

/** What machines that watch us ask, on a port of its own: it answers in every role, and strangers are kept from it. */
export function createWatchApp({ ready, metrics }: WatchDeps): Hono<Env> {
  const app = new Hono<Env>();
  app.route('/', healthRoutes(ready));
  app.get('/metrics', async (c) => {
    const { type, text } = await metrics();
    return c.body(text, 200, { 'content-type': type });
  });
  return app;
}
