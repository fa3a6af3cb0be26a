import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Hono } from 'hono';
import type { Env } from './deps.ts';

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** The console's own addresses. */
const pages = [
  '/',
  '/send',
  '/worklist',
  '/deliveries',
  '/messages/:id',
  '/intake',
  '/intake/:id',
  '/referrals',
  '/referrals/:id',
  '/recipients',
  '/recipients/:id',
  '/numbers',
  '/channels',
  '/trust',
  '/audit',
  '/settings',
  '/account',
];

/** The built console, read once and packed when it is first asked for: no path from outside ever reaches the disk. Its own addresses all give the page. */
export function consoleRoutes(webRoot: string): Hono<Env> {
  const routes = new Hono<Env>();
  const index = join(webRoot, 'index.html');
  if (!existsSync(index)) {
    routes.get('/', (c) => c.text('The console is not built: run `npm run build`.\n', 503));
    return routes;
  }
  const html = readFileSync(index, 'utf8');
  for (const name of readdirSync(join(webRoot, 'assets'))) {
    const bytes = readFileSync(join(webRoot, 'assets', name));
    let packed: Buffer<ArrayBuffer> | null = null;
    const inShort = (): Buffer<ArrayBuffer> => (packed ??= gzipSync(bytes));
    routes.get(`/assets/${name}`, (c) => {
      const packs = /\bgzip\b/.test(c.req.header('accept-encoding') ?? '');
      return c.body(packs ? inShort() : bytes, 200, {
        'content-type': types[extname(name)] ?? 'application/octet-stream',
        'cache-control': 'public, max-age=31536000, immutable',
        vary: 'accept-encoding',
        ...(packs ? { 'content-encoding': 'gzip' } : {}),
      });
    });
  }
  for (const path of pages) {
    routes.get(path, (c) => {
      const nonce = randomBytes(16).toString('base64');
      c.header('content-security-policy', policy(nonce));
      return c.html(html.replaceAll('__NONCE__', nonce));
    });
  }
  return routes;
}

/** Styles that the component library writes at run time carry the nonce; nothing else may be inline. */
const policy = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
