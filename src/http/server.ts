import { serve } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { MiddlewareHandler } from 'hono';
import type { AddressInfo } from 'node:net';
import { HTTPException } from 'hono/http-exception';
import { Invalid, NotFound } from '../errors.ts';
import { bulkRoutes } from './api/bulk.ts';
import { auditRoutes } from './api/audit.ts';
import { channelRoutes } from './api/channels.ts';
import { deadLetterRoutes } from './api/dead-letters.ts';
import { deliveryRoutes } from './api/deliveries.ts';
import { deskRoutes } from './api/desk.ts';
import { documentRoutes } from './api/documents.ts';
import { emergencyRoutes } from './api/emergencies.ts';
import { eventRoutes } from './api/events.ts';
import { factorRoutes } from './api/factors.ts';
import { holdRoutes } from './api/hold.ts';
import { intakePageRoutes } from './api/intake-pages.ts';
import { lessonRoutes } from './api/lessons.ts';
import { intakeRoutes } from './api/intake.ts';
import { keyRoutes } from './api/keys.ts';
import { linkRoutes } from './api/links.ts';
import { logRoutes } from './api/log.ts';
import { misdirectionRoutes } from './api/misdirections.ts';
import { messageRoutes } from './api/messages.ts';
import { numberRoutes } from './api/numbers.ts';
import { peopleRoutes } from './api/people.ts';
import { practiceRoutes } from './api/practices.ts';
import { previewRoutes } from './api/previews.ts';
import { quarantineRoutes } from './api/quarantine.ts';
import { recipientRoutes } from './api/recipients.ts';
import { receiptRoutes } from './api/receipts.ts';
import { referralRoutes } from './api/referrals.ts';
import { reloadRoutes } from './api/reload.ts';
import { meView, sessionRoutes } from './api/session.ts';
import { signInRoutes } from './api/sign-in.ts';
import { trustRoutes } from './api/trust.ts';
import { consoleRoutes } from './console.ts';
import type { Env, HttpDeps } from './deps.ts';
import { healthRoutes } from './health.ts';
import { strictJson } from './json.ts';
import { observed } from './observed.ts';
import { portalRoutes } from './portal.ts';
import { problemResponse, TooLarge } from './problem.ts';
import { cookieName } from './secrets.ts';
import { sessions as createSessions } from './sessions.ts';
import { webhookRoutes } from './webhooks.ts';

const maxJsonBytes = 1024 * 1024;

/** For a person who mistyped an address. */
const noPage =
  '<!doctype html><title>No such page</title><p>There is no page at this address. <a href="/">To the start</a></p>';

/** Everything that answers over HTTP. A test asks it with `app.request`; the gateway puts it on a port. */
export function createApp(deps: HttpDeps): Hono<Env> {
  const app = new Hono<Env>();
  app.use(observed(deps.seen));
  app.use(hardened(deps.publicUrl));
  app.onError((error) => problemResponse(asOurs(error), deps.log));
  app.notFound((c) =>
    c.req.header('accept')?.includes('text/html')
      ? c.html(noPage, 404)
      : problemResponse(new NotFound('no such address'), deps.log),
  );
  app.use('/webhooks/*', upTo(deps.maxUploadBytes));
  app.use('/portal/*', smallForms);
  app.route('/', healthRoutes(deps.ready));
  app.route('/', webhookRoutes(deps));
  app.route('/', portalRoutes(deps));
  app.route('/', api(deps));
  app.route('/', consoleRoutes(deps.webRoot));
  return app;
}

function api(deps: HttpDeps): OpenAPIHono<Env> {
  const sessions = createSessions(deps);
  const routes = new OpenAPIHono<Env>();
  const isSignIn = (path: string): boolean => signIn.test(path);
  routes.use('/api/v1/*', where(isSignIn, readable(mostOfStrangers, mostOfStrangers)));
  routes.route('/', signInRoutes(deps, sessions, meView(deps, sessions)));
  routes.use('/api/v1/*', sessions.authenticate);
  routes.use(
    '/api/v1/*',
    where((path) => !isSignIn(path), readable(maxJsonBytes, deps.maxUploadBytes)),
  );
  routes.route('/', sessionRoutes(deps, sessions));
  routes.route('/', factorRoutes(deps));
  routes.route('/', emergencyRoutes(deps));
  routes.route('/', referralRoutes(deps));
  routes.route('/', practiceRoutes(deps));
  routes.route('/', previewRoutes(deps));
  routes.route('/', messageRoutes(deps));
  routes.route('/', logRoutes(deps));
  routes.route('/', bulkRoutes(deps));
  // Before the verbs of deliveries, which would take its address.
  routes.route('/', misdirectionRoutes(deps));
  routes.route('/', deliveryRoutes(deps));
  routes.route('/', numberRoutes(deps));
  routes.route('/', recipientRoutes(deps));
  routes.route('/', linkRoutes(deps));
  routes.route('/', deskRoutes(deps));
  routes.route('/', documentRoutes(deps));
  routes.route('/', eventRoutes(deps, sessions));
  routes.route('/', intakeRoutes(deps));
  routes.route('/', intakePageRoutes(deps));
  routes.route('/', lessonRoutes(deps));
  routes.route('/', channelRoutes(deps));
  routes.route('/', deadLetterRoutes(deps));
  routes.route('/', trustRoutes(deps));
  routes.route('/', quarantineRoutes(deps));
  routes.route('/', holdRoutes(deps));
  routes.route('/', reloadRoutes(deps));
  routes.route('/', auditRoutes(deps));
  routes.route('/', peopleRoutes(deps));
  routes.route('/', keyRoutes(deps));
  routes.route('/', receiptRoutes(deps));
  routes.openAPIRegistry.registerComponent('securitySchemes', 'key', { type: 'http', scheme: 'bearer' });
  routes.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: cookieName(deps.publicUrl),
  });
  routes.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: { title: 'Loopgate', version: '1' },
    security: [{ key: [] }, { session: [] }],
  });
  return routes;
}

/** What strangers may ask for: the steps of a sign-in, which are short. A megabyte of brackets would keep everybody else
 *  waiting while it is looked through. */
const signIn = /^\/api\/v1\/(?:session|sign-in)(?:\/|$)/;
const mostOfStrangers = 16 * 1024;

const where =
  (is: (path: string) => boolean, then: MiddlewareHandler<Env>): MiddlewareHandler<Env> =>
  (c, next) =>
    is(c.req.path) ? then(c, next) : next();

/** Bounded, and when it is JSON, of one meaning. Hono keeps the text, so the validators parse what was checked here. */
function readable(mostJson: number, mostOther: number): MiddlewareHandler<Env> {
  const small = upTo(mostJson);
  const large = upTo(mostOther);
  return (c, next) => {
    const json = /^application\/(?:[\w.]+\+)?json\b/i.test(c.req.header('content-type') ?? '');
    if (!json || c.req.method === 'GET') return large(c, next);
    return small(c, async () => {
      strictJson(await c.req.text());
      await next();
    });
  };
}

const upToSmall = upTo(16 * 1024);

/** Whoever sends a report is known before it is read: its route bounds it. */
const smallForms: MiddlewareHandler<Env> = (c, next) =>
  /^\/portal\/[^/]+\/report$/.test(c.req.path) ? next() : upToSmall(c, next);

function upTo(maxSize: number): MiddlewareHandler<Env> {
  const counted = bodyLimit({
    maxSize,
    onError: () => {
      throw new TooLarge(maxSize);
    },
  });
  return async (c, next) => {
    const announced = c.req.header('content-length');
    // Without a length the bytes are counted as they come, which costs a web stream for each request. With one, Node
    // reads no more than that (RFC 9112 §6.3: unless it is overridden by a transfer coding).
    if (announced === undefined || c.req.header('transfer-encoding') !== undefined) return counted(c, next);
    if (!(Number(announced) <= maxSize)) throw new TooLarge(maxSize);
    await next();
  };
}

/** What the framework itself turned down is the caller's mistake. */
const asOurs = (error: Error): Error =>
  error instanceof HTTPException && error.status < 500 ? new Invalid('The request cannot be read.') : error;

/** Headers for every answer; a route that needs more freedom sets its own policy before. */
function hardened(publicUrl: string): MiddlewareHandler<Env> {
  const always: Record<string, string> = {
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'cache-control': 'no-store',
    ...(publicUrl.startsWith('https:') ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  };
  return async (c, next) => {
    await next();
    // Set in place: Hono's own c.header() would make a new Response for each.
    const { headers } = c.res;
    for (const [name, value] of Object.entries(always)) {
      if (!headers.has(name)) headers.set(name, value);
    }
  };
}

export interface Listening {
  /** With the port that was really taken. */
  readonly url: string;
  /** Takes no more, answers for a moment what was asked, then cuts what is still open. */
  close(): Promise<void>;
}

/** A request that was taken is answered within so long, or its sender asks again. */
const graceMs = 2_000;

/** @throws when the port cannot be had. */
export function listen(app: Hono<Env>, at: { readonly host: string; readonly port: number }): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const server = serve(
      {
        fetch: app.fetch,
        hostname: at.host,
        port: at.port,
        // Slow or swollen requests are cut off: headers 16 KB and 20 s, the whole request 2 min.
        serverOptions: { maxHeaderSize: 16 * 1024, headersTimeout: 20_000, requestTimeout: 120_000 },
      },
      ({ port }: AddressInfo) => {
        server.off('error', reject);
        const host = at.host.includes(':') ? `[${at.host}]` : at.host;
        resolve({
          url: `http://${host}:${port}`,
          close: () =>
            new Promise((closed) => {
              const cut = setTimeout(() => {
                if ('closeAllConnections' in server) server.closeAllConnections();
              }, graceMs);
              server.close(() => {
                clearTimeout(cut);
                closed();
              });
            }),
        });
      },
    );
    server.once('error', reject);
  });
}
