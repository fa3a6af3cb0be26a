import { Hono } from 'hono';
import type { Readiness } from '../core/readiness.ts';
import type { Env } from './deps.ts';

/** `/healthz`: the process answers. `/readyz`: it takes work; 503 when it cannot keep a promise, and why in either case. */
export function healthRoutes(ready: () => Promise<Readiness>): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get('/healthz', (c) => c.json({ ok: true }));
  routes.get('/readyz', async (c) => {
    const readiness = await ready();
    return c.json(readiness, readiness.state === 'unready' ? 503 : 200);
  });
  return routes;
}
