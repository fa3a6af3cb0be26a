import { randomBytes } from 'node:crypto';
import { Hono, type Context } from 'hono';
import { linkState, reportTries, secretOf, type Link } from '../core/link.ts';
import type { DocumentId, Message } from '../core/message.ts';
import { Conflict, Denied, Invalid, NotFound } from '../errors.ts';
import type { Opening, Upload, Wording } from './actions.ts';
import { clientAddress } from './client-address.ts';
import type { Env, HttpDeps } from './deps.ts';
import { fileResponse, imageResponse } from './files.ts';
import { multipart } from './multipart.ts';
import {
  answerPage,
  codeDigits,
  codePage,
  deadPage,
  type Incomplete,
  maxReportBytes,
  messagePage,
  portalPolicy,
  size,
  waitPage,
} from './portal-pages.ts';
import { createVisits, tokenPath, type Portal, type Visits } from './portal-visits.ts';
import { languageOf, words, type Language } from './portal-words.ts';
import { hashSecret } from './secrets.ts';
import { crowdThrottle, type Throttle } from './throttle.ts';
import { turns, type InTurn } from './turns.ts';
import { viewed } from './viewed.ts';

const minutes = 60_000;

interface Reception {
  readonly deps: HttpDeps;
  readonly visits: Visits;
  readonly misses: Throttle;
  readonly addressOf: (c: Context) => string;
  readonly inTurn: InTurn;
}

/** The recipients' door. GET changes nothing, because mail scanners follow links; a link that is unknown, expired or
 *  locked reads the same. */
export function portalRoutes(deps: HttpDeps): Hono<Env> {
  const desk: Reception = {
    deps,
    visits: createVisits(deps.now),
    misses: crowdThrottle({ each: 20, all: 1000, then: 2 }, 15 * minutes, deps.now),
    addressOf: clientAddress(deps.proxies),
    inTurn: turns(deps.hurried),
  };
  const routes = new Hono<Env>();
  routes.get(tokenPath, (c) => show(c, desk));
  routes.post(tokenPath, (c) => tryCode(c, desk));
  routes.post(`${tokenPath}/answer`, (c) => takeAnswer(c, desk));
  routes.post(`${tokenPath}/report`, (c) => takeReport(c, desk));
  routes.get(`${tokenPath}/documents/:id`, async (c) => {
    const { message, document } = await opened(c, desk, c.req.param('id'));
    const bytes = await deps.store.document(document.id);
    await viewed(deps, { who: 'portal' }, message.id, document.id, 'document', {}, 'exported');
    return fileResponse(document, bytes);
  });
  routes.get(`${tokenPath}/documents/:id/pages/:page{[1-9][0-9]{0,5}\\.png}`, async (c) => {
    const { message, document } = await opened(c, desk, c.req.param('id'));
    const page = Number.parseInt(c.req.param('page'), 10);
    const png = await deps.store.pageImage(document.id, page);
    await viewed(deps, { who: 'portal' }, message.id, document.id, 'page', { page });
    return imageResponse(png);
  });
  // Mail programs break long links: who follows a part of one is told so, not shown JSON.
  routes.get('/portal/*', (c) => page(c, deadPage(language(c)), 404));
  return routes;
}

async function show(c: Portal, desk: Reception): Promise<Response> {
  const found = await usable(c, desk);
  if (found instanceof Response) return found;
  if (!desk.visits.has(c, found)) return page(c, codePage({ ...asked(c, desk, found), note: null }));
  return page(c, await messagePageOf(c, desk, found));
}

async function tryCode(c: Portal, desk: Reception): Promise<Response> {
  fromOurPage(c);
  const found = await usable(c, desk);
  if (found instanceof Response) return found;
  const form = await c.req.parseBody();
  const code = typeof form['code'] === 'string' ? form['code'].replace(/\D/g, '').slice(0, 12) : '';
  // No code at all, so nothing was guessed.
  if (code.length !== codeDigits)
    return page(c, codePage({ ...asked(c, desk, found), note: words[language(c)].sixDigits }), 400);
  const opening = await guess(desk, found, code);
  if (typeof opening === 'object') {
    desk.visits.start(c, found, desk.deps.publicUrl.startsWith('https:'));
    const lang = c.req.query('lang') === undefined ? '' : `?lang=${language(c)}`;
    return c.redirect(`${hereOf(c)}${lang}`, 303);
  }
  desk.misses.miss(desk.addressOf(c));
  if (opening === 'wrong') return page(c, codePage({ ...asked(c, desk, found), note: words[language(c)].wrong }), 403);
  return page(c, deadPage(language(c)), 404);
}

/** Of guesses made at once the store judges one; the others count as wrong. */
async function guess({ deps }: Reception, { token }: Link, code: string): Promise<Opening> {
  try {
    return await deps.actions.openLink({ token, code });
  } catch (cause) {
    if (cause instanceof Conflict) return 'wrong';
    throw cause;
  }
}

async function takeAnswer(c: Portal, desk: Reception): Promise<Response> {
  fromOurPage(c);
  const found = await usable(c, desk);
  if (found instanceof Response) return found;
  if (!desk.visits.has(c, found)) return page(c, codePage({ ...asked(c, desk, found), note: null }), 403);
  const form = await c.req.parseBody();
  const answer = worded(form);
  if (!answer) {
    const text = (name: string): string => (typeof form[name] === 'string' ? form[name].slice(0, 500) : '');
    const incomplete = { kind: text('kind'), on: text('on'), reason: text('reason') };
    return page(c, await messagePageOf(c, desk, found, { incomplete }), 400);
  }
  await desk.deps.actions.answerLink({ token: found.token, answer });
  return page(c, answerPage(language(c), answer.kind, hereOf(c)));
}

/** Files are read only once the visit is known; what is in them, only in the sandbox. */
async function takeReport(c: Portal, desk: Reception): Promise<Response> {
  fromOurPage(c);
  const found = await usable(c, desk);
  if (found instanceof Response) return found;
  if (!desk.visits.has(c, found)) return page(c, codePage({ ...asked(c, desk, found), note: null }), 403);
  const say = words[language(c)];
  const no = async (notTaken: string, status: 400 | 409 | 413): Promise<Response> =>
    page(c, await messagePageOf(c, desk, found, { notTaken }), status);
  // Node reads no more than was announced; forms of browsers always announce it.
  const counted = c.req.header('transfer-encoding') === undefined;
  if (!counted || !(Number(c.req.header('content-length')) <= maxReportBytes + formBytes))
    return no(say.attachLarge(size(maxReportBytes)), 413);
  const body = new Uint8Array(await c.req.arrayBuffer());
  const files = uploads(c.req.header('content-type') ?? '', body);
  if (files.length === 0) return no(say.attachNone, 400);
  try {
    await desk.inTurn(body, () => desk.deps.actions.attachReport({ token: found.token, files }));
  } catch (cause) {
    if (cause instanceof Invalid) return no(say.attachWrong(firstWrong(cause, files)), 400);
    if (!(cause instanceof Conflict)) throw cause;
    const enough = (found.reports ?? 0) >= reportTries;
    return no(enough ? say.attachEnough(sender(desk, found).from) : say.attachBusy, 409);
  }
  return page(c, answerPage(language(c), 'report', hereOf(c)));
}

/** What a form adds to its files. */
const formBytes = 16 * 1024;
const maxFiles = 20;

/** A form without a chosen file sends one without name and content. */
function uploads(contentType: string, body: Uint8Array): Upload[] {
  const chosen = multipart(contentType, body).filter(
    ({ name, fileName, bytes }) => name === 'file' && fileName !== null && (fileName !== '' || bytes.length > 0),
  );
  if (chosen.length > maxFiles) throw new Invalid(`At most ${maxFiles} files. Nothing was sent.`);
  return chosen.map(({ fileName, mediaType, bytes }) => ({ name: fileName ?? '', mediaType, bytes }));
}

const firstWrong = ({ fields }: Invalid, files: readonly Upload[]): string =>
  files[Number(Object.keys(fields)[0] ?? 0)]?.name.slice(0, 100) ?? '';

/** Null: nothing that can be chosen, or without what it needs. */
function worded({ kind, reason, on }: Record<string, unknown>): Wording | null {
  if (kind === 'received' || kind === 'accepted') return { kind };
  if (kind === 'scheduled') return typeof on === 'string' && isDay(on) ? { kind, on } : null;
  const why =
    typeof reason === 'string'
      ? reason
          .replace(/[\p{Cc}\s]+/gu, ' ')
          .trim()
          .slice(0, 500)
      : '';
  return (kind === 'declined' || kind === 'information') && why !== '' ? { kind, reason: why } : null;
}

/** A day that the calendar has. */
function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

const language = (c: Context<Env>): Language => languageOf(c.req.query('lang'), c.req.header('accept-language'));

const hereOf = (c: Portal): string => `/portal/${c.req.param('token')}`;

const asked = (c: Portal, desk: Reception, link: Link) => ({
  ...sender(desk, link),
  lang: language(c),
  here: hereOf(c),
});

interface Trouble {
  readonly incomplete?: Incomplete;
  readonly notTaken?: string;
}

async function messagePageOf(c: Portal, desk: Reception, link: Link, { incomplete, notTaken }: Trouble = {}) {
  const { store } = desk.deps;
  const message = await store.message(link.message);
  await viewed(desk.deps, { who: 'portal' }, message.id, message.id, 'message');
  const pages = await store.pagesOf(message.id);
  return messagePage({
    from: sender(desk, link).from,
    lang: language(c),
    base: hereOf(c),
    documents: message.documents.map((document) => ({
      ...document,
      pages: pages.filter((each) => each.document === document.id).map(({ number }) => number),
    })),
    answer: link.answer,
    incomplete: incomplete ?? null,
    ...(notTaken === undefined ? {} : { notTaken }),
  });
}

/** The link when it can be used; otherwise the one answer that tells nothing. */
async function usable(c: Portal, { deps, misses, addressOf }: Reception): Promise<Link | Response> {
  const address = addressOf(c);
  const wait = misses.wait(address);
  if (wait > 0) return page(c, waitPage(language(c), Math.ceil(wait / 60)), 429);
  const link = await deps.store.link(hashSecret(secretOf(c.req.param('token'))));
  if (link && linkState(link, deps.now()) === 'usable') return link;
  misses.miss(address);
  if (misses.wait(address) > 0) deps.log.warn('portal.guessed');
  return page(c, deadPage(language(c)), 404);
}

/** @throws NotFound unless this visit was opened and the document is part of its message. */
async function opened(
  c: Portal,
  desk: Reception,
  id: string,
): Promise<{ message: Message; document: Message['documents'][number] }> {
  const found = await usable(c, desk);
  if (found instanceof Response || !desk.visits.has(c, found)) throw new NotFound('not here');
  const message = await desk.deps.store.message(found.message);
  const document = message.documents.find((each) => each.id === (id as DocumentId));
  if (!document) throw new NotFound('not here');
  return { message, document };
}

/** A form on another site must not act here. Old browsers send no Sec-Fetch-Site; there the strict cookie protects. */
function fromOurPage(c: Portal): void {
  const site = c.req.header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin') throw new Denied('The request did not come from our own page.');
}

function sender({ deps }: Reception, { practice }: Link): { readonly from: string; readonly phone: string } {
  const found = deps.practices.find(({ id }) => id === practice);
  return { from: found?.name ?? 'a practice', phone: found?.phone ?? 'its number' };
}

function page(
  c: Context<Env>,
  body: ReturnType<typeof deadPage>,
  status: 200 | 400 | 403 | 404 | 409 | 413 | 429 = 200,
): Response | Promise<Response> {
  const nonce = randomBytes(16).toString('base64');
  c.header('content-security-policy', portalPolicy(nonce));
  return c.html(body(nonce), status);
}
