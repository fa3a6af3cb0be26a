import { Hono } from 'hono';
import { GatewayError } from '../errors.ts';
import type { Env, HttpDeps } from './deps.ts';

const probeWithinMs = 2_000;

/** `/healthz`: the process answers. `/readyz`: the store keeps its promise. */
export function healthRoutes({ store, log }: HttpDeps): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get('/healthz', (c) => c.json({ ok: true }));
  routes.get('/readyz', async (c) => {
    try {
      await within(store.probe(), probeWithinMs);
      return c.json({ ok: true });
    } catch (cause) {
      log.error('store.unready', {}, cause);
      return c.json(
        { ok: false, problem: cause instanceof GatewayError ? cause.message : 'the store does not answer' },
        503,
      );
    }
  });
  return routes;
}

async function within(done: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error('too slow'));
    }, ms);
  });
  try {
    await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}
