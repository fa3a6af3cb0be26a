import { readFileSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openHouse } from '../channels/efax/setup.ts';
import { neighbourhood, type Neighbourhood } from '../e2e/neighbourhood.ts';
import { canary, everythingHappens, family, filesUnder, given } from './story.ts';

/** After the story nothing that lies open knows her: what is printed, told, kept, called or sent. */

let town: Neighbourhood;
const tempNames: string[] = [];
let watcher: FSWatcher;
beforeAll(async () => {
  town = await neighbourhood();
  watcher = watch(join(town.folder, 'tmp'), { recursive: true }, (_, name) => tempNames.push(String(name)));
  await town.start();
  await everythingHappens(town);
});
afterAll(async () => {
  watcher.close();
  await town.close();
});

describe('no patient stands', () => {
  test('in what the gateway prints', () => {
    expect(town.output()).toContain('attempt.closed');
    expect(town.output()).not.toMatch(canary);
  });

  test('in what it tells those who watch', async () => {
    const metrics = await (await fetch(`${town.watchUrl}/metrics`)).text();
    expect(metrics).toMatch(/^loopgate_messages_received_total\{channel="efax"\} [1-9]/m);
    expect(metrics).toMatch(/^loopgate_proof_seconds_count\{channel="portal",urgency="routine"\} 2$/m);
    expect(metrics + (await (await fetch(`${town.watchUrl}/readyz`)).text())).not.toMatch(canary);
  });

  test('in any file it keeps, nor in their names', () => {
    const files = [...filesUnder(join(town.folder, 'data')), ...filesUnder(join(town.folder, 'data-keys'))];
    expect(files.length).toBeGreaterThan(2);
    for (const file of files) {
      expect(file).not.toMatch(canary);
      const bytes = readFileSync(file);
      const found = (['latin1', 'utf16le'] as const).map((encoding) => canary.exec(bytes.toString(encoding))?.[0]);
      expect([file, ...found]).toEqual([file, undefined, undefined]);
    }
  });

  test('in temporary files, nor in the names of any that ever were', () => {
    const left = filesUnder(join(town.folder, 'tmp'));
    expect([...tempNames, ...left].join('\n')).not.toMatch(canary);
    for (const file of left) expect(readFileSync(file, 'latin1')).not.toMatch(canary);
  });

  test('in any address that it called or published', () => {
    // What was received is erased at the company once it is safe here.
    expect(town.company.faxes).toHaveLength(2);
    const told = town.company.faxes.map((fax) => JSON.stringify(fax) + atob(fax.client_state ?? ''));
    expect([...told, ...town.mails.map(({ link }) => link)].join('\n')).not.toMatch(canary);
  });

  test('outside the envelope of what went by Direct', () => {
    const [sent] = town.partner.arrivals;
    expect(sent?.documents[0]?.name).toContain(family);
    expect(Buffer.from(sent?.raw ?? []).toString('latin1')).toMatch(/^Content-Type: application\/pkcs7-mime/m);
    expect(Buffer.from(sent?.raw ?? []).toString('latin1')).not.toMatch(canary);
  });

  test('in the portal’s mail', () => {
    expect(town.mails).toHaveLength(1);
    const mail = town.mails[0]?.mail.replaceAll('=\r\n', '') ?? '';
    expect(mail).toMatch(/^Subject: Documents from Riverside/m);
    expect(mail).not.toMatch(canary);
    const blocks = mail.match(/^[A-Za-z0-9+/=\r\n]{40,}$/gm) ?? [];
    expect(blocks.map(atob).join('\n')).not.toMatch(canary);
  });

  test('in the facts of the record, nor in the reasons of what was turned away', async () => {
    const { rows } = await town.api<{ rows: { facts: object; subject: string }[] }>('/events?limit=200');
    expect(rows.length).toBeGreaterThan(20);
    expect(JSON.stringify(rows.map(({ facts, subject }) => [facts, subject]))).not.toMatch(canary);
    const quarantine = await town.api<{ rows: object[] }>('/quarantine');
    expect(quarantine.rows).toHaveLength(1);
    expect(JSON.stringify(quarantine)).not.toMatch(canary);
  });
});

test('no patient stands on a fax cover: its maker is not told of one', async () => {
  const house = await openHouse();
  const parcel = house.parcel();
  const [document] = parcel.message.documents;
  const message = {
    ...parcel.message,
    subject: `${given} ${family}`,
    documents: document ? [{ ...document, name: `${family}.pdf` }] : [],
  };
  await house.channel.send(house.parcel({ message }), new AbortController().signal);
  expect(house.covers).toHaveLength(1);
  expect(JSON.stringify(house.covers)).not.toMatch(canary);
  await house.close();
});
