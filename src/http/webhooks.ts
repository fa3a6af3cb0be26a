import { Hono } from 'hono';
import { NotFound } from '../errors.ts';
import type { Env, HttpDeps } from './deps.ts';

/** `/webhooks/{channel}/{account}…`: what providers call. The channel gets the request untouched, because what a
 *  provider signs is the raw body; it authenticates first. */
export function webhookRoutes({ channels, inbox }: HttpDeps): Hono<Env> {
  const routes = new Hono<Env>();
  routes.all('/webhooks/:channel/:account/*', (c) => {
    const channel = channels.get(c.req.param('channel'));
    if (!channel?.webhook) throw new NotFound('no such webhook');
    return channel.webhook(c.req.raw, inbox);
  });
  return routes;
}
