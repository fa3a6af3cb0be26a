import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';
import { type House, never, openHouse, until } from './setup.ts';

/** A company that takes the job and leaves fetching the pages to the test. */
let links: string[] = [];
let company: Server;
let house: House;

beforeEach(async () => {
  links = [];
  company = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      links.push((JSON.parse(body) as { media_url: string }).media_url);
      response.writeHead(202).end('{"data":{"id":"f1"}}');
    });
  });
  await new Promise<void>((resolve) => company.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(company.address() as AddressInfo).port}`;
  house = await openHouse({ account: { baseUrl }, pages: 2 });
});
afterEach(async () => {
  await house.close();
  company.closeAllConnections();
  await new Promise((resolve) => company.close(resolve));
});

async function linkOf(parcel = house.parcel()): Promise<string> {
  await house.channel.send(parcel, never);
  return links.at(-1) ?? '';
}
const statusOf = async (url: string, init?: RequestInit): Promise<number> => {
  const reply = await fetch(url, init);
  await reply.arrayBuffer();
  return reply.status;
};

/** Baseline TIFF tags of the first page (TIFF 6.0 §2): rational ones as numbers. */
function tags(tiff: Buffer): Map<number, number> {
  const found = new Map<number, number>();
  const start = tiff.readUInt32LE(4);
  for (let i = 0; i < tiff.readUInt16LE(start); i++) {
    const at = start + 2 + i * 12;
    const kind = tiff.readUInt16LE(at + 2);
    const value = kind === 3 ? tiff.readUInt16LE(at + 8) : tiff.readUInt32LE(at + 8);
    found.set(tiff.readUInt16LE(at), kind === 5 ? tiff.readUInt32LE(value) / tiff.readUInt32LE(value + 4) : value);
  }
  return found;
}

describe('a media link', () => {
  test('gives pages as a fax line wants them', async () => {
    const reply = await fetch(await linkOf());
    const tiff = Buffer.from(await reply.arrayBuffer());
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      'content-type': 'image/tiff',
      'content-length': String(tiff.length),
      'cache-control': 'no-store',
    });
    expect(await sharp(tiff).metadata()).toMatchObject({ width: 1728, bitsPerSample: 1, pages: 2 });
    const tag = tags(tiff);
    expect([tag.get(259), tag.get(282), tag.get(283)].map((each) => Math.round(each ?? 0))).toEqual([4, 204, 196]);
  });

  test('works once', async () => {
    const link = await linkOf();
    expect([await statusOf(link), await statusOf(link)]).toEqual([200, 404]);
  });

  test('works again when the download broke off', async () => {
    await house.close();
    const baseUrl = `http://127.0.0.1:${(company.address() as AddressInfo).port}`;
    const tiff = Buffer.alloc(20_000_000, 1);
    house = await openHouse({ account: { baseUrl }, press: { fax: () => Promise.resolve({ tiff, pages: 1 }) } });
    const link = await linkOf();
    await new Promise<void>((resolve) => {
      get(link, (response) => {
        response.once('data', () => response.destroy());
        response.once('close', resolve);
      });
    });
    const reply = await fetch(link);
    expect((await reply.arrayBuffer()).byteLength).toBe(tiff.length);
    expect(await statusOf(link)).toBe(404);
  });

  test('ends after ten minutes', async () => {
    const link = await linkOf();
    house.clock.at += 10 * 60_000;
    expect(await statusOf(link)).toBe(404);
  });

  test('outlives a restart, and the pages are made again', async () => {
    const link = await linkOf();
    await house.reborn();
    expect(await statusOf(link)).toBe(200);
    expect(house.renders()).toBe(2);
  });

  test('is the same 404 for everything that is not quite it', async () => {
    const link = await linkOf();
    const [, attempt = '', expires = '', signature = ''] = /media\/(.+)\.(\d+)\.(.+)$/.exec(link) ?? [];
    const base = `${house.url}/webhooks/efax`;
    const wrong = [
      `${base}/main/media/${attempt}.${expires}.${signature.slice(0, -1)}`,
      `${base}/main/media/${attempt}.${expires}.${'A'.repeat(43)}`,
      `${base}/main/media/${attempt}.${Number(expires) + 1}.${signature}`,
      `${base}/main/media/${attempt}x.${expires}.${signature}`,
      `${base}/other/media/${attempt}.${expires}.${signature}`,
      `${base}/nobody/media/${attempt}.${expires}.${signature}`,
      `${base}/main/media/..%2f..%2fetc`,
      `${base}/main/media/`,
      `${base}/main/x`,
      `${base}/main`,
    ];
    const replies = await Promise.all(
      wrong.map(async (url) => fetch(url).then(async (r) => `${r.status} ${await r.text()}`)),
    );
    expect(new Set(replies)).toEqual(new Set(['404 not found']));
    expect(await statusOf(link, { method: 'POST' })).toBe(404);
    expect(await statusOf(link)).toBe(200);
  });

  test('carries no patient data, and two faxes have two links', async () => {
    const first = await linkOf();
    const second = await linkOf();
    expect(first).not.toBe(second);
    expect(first).toMatch(/\/webhooks\/efax\/main\/media\/att_[0-9a-z]{26}\.\d{13}\.[\w-]{43}$/);
    await until('nothing is left to wait for', () => links.length === 2);
  });
});
