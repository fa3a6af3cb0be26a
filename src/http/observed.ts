import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { Env } from './deps.ts';

/** One request that was answered. */
export interface Seen {
  readonly method: string;
  /** The pattern that matched, never the path itself: paths hold ids and secrets. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

export function observed(seen: (request: Seen) => void): MiddlewareHandler<Env> {
  return async (c, next) => {
    const startedAt = performance.now();
    await next();
    const seconds = (performance.now() - startedAt) / 1000;
    seen({ method: c.req.method, route: routePath(c, -1), status: c.res.status, seconds });
  };
}
