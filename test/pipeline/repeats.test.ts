import { afterEach, expect, test } from '@jest/globals';
import type { Entry } from '../../src/core/entry.ts';
import { readDocument } from '../../src/documents/read.ts';
import { openSandbox, type Sandbox } from '../../src/documents/sandbox.ts';
import type { ExtractDeps } from '../../src/pipeline/extract.ts';
import { fixture, keptLog } from '../documents/tools.ts';
import { chanceOf } from '../intake/generator/chance.ts';
import { readTyped } from '../intake/typed.ts';
import { channelHouse, until } from '../channels/efax/setup.ts';
import { openSinch } from '../channels/efax/companies/sinch.ts';
import { openSrfax } from '../channels/efax/companies/srfax.ts';
import { arrival, harness, hour, practice, type Harness } from '../harness.ts';

let h: Harness;
afterEach(() => h.close());

test('a page is read once for a practice, until it is erased; another practice reads it for itself', async () => {
  const sandbox = openSandbox({ log: keptLog().log });
  try {
    const { read, looks } = counted(sandbox);
    h = harness({ read });
    const fax = fixture('fax/ehr-standard-clean.tif');
    const first = await arrived(fax);
    const once = looks();
    expect(once).toBeGreaterThan(0);
    const again = await arrived(fax);
    expect(looks()).toBe(once);
    expect(again.fields).toEqual(first.fields);
    expect(again.repeats).toEqual([{ entry: first.id, pages: expect.any(Number), whole: true }]);

    const other = await arrived(fax, 'referrals@hillside.example');
    expect(looks()).toBe(once * 2);
    expect(other.repeats).toBeUndefined();

    const elsewhere = await arrived(fax, '+12125550101', 'efax');
    expect(elsewhere.repeats?.map(({ entry }) => entry).sort()).toEqual([first.id, again.id].sort());

    for (const { id } of [first, again, elsewhere])
      await h.decideEntry({ who: 'ann', practices: null, id, decision: { type: 'reject', reason: 'a test' } });
    await h.turn(91 * 24 * hour);
    expect((await arrived(fax)).repeats).toBeUndefined();
    expect(looks()).toBe(once * 3);
  } finally {
    await sandbox.close();
  }
}, 120_000);

test('the same pages, scanned anew, are known by their words; the same form of another patient is not', async () => {
  h = harness({ read: readTyped });
  const form = (chart: string, phone: string, born: string, name: string): string =>
    `PHYSICIAN REFERRAL FORM\nRiverside Family Practice Phone: (212) 555-0100 Fax: (212) 555-0101\nPatient Name: ${name}\nDate of Birth: ${born} MRN: ${chart}\nPhone: ${phone}\nReferring Provider: Ada Brook, MD NPI: 1234567893\nMember ID: W${chart}77 Group: 55${chart.slice(0, 4)}\nReason for Referral: palpitations at night since spring, echo normal`;
  const ada = form('71905191', '(520) 583-3599', '06/22/1990', 'Ada Quill');
  const ben = form('65345401', '(614) 206-7375', '11/23/1984', 'Ben Thorn');
  const first = await arrived(Buffer.from(ada));
  const noisy = await arrived(Buffer.from(`FAX COVER SHEET\nTo: Riverside\f${smudged(ada)}`));
  expect(noisy.repeats).toEqual([{ entry: first.id, pages: 1, whole: true }]);
  expect((await arrived(Buffer.from(ben))).repeats).toBeUndefined();
  const more = await arrived(Buffer.from(`${ada}\f${ben.replace('REFERRAL FORM', 'NEW ORDER FORM 889')}`));
  expect(more.repeats?.find(({ entry }) => entry === first.id)).toMatchObject({ pages: 1, whole: false });
});

test('a form on which noise left no name is of the patient whom the pages beside it name', async () => {
  h = harness({ read: readTyped });
  const form = (patient: string): string =>
    `PHYSICIAN REFERRAL FORM\nRiverside Family Practice Phone: (212) 555-0100 Fax: (212) 555-0101\n${patient}\nReferring Provider: Ada Brook, MD NPI: 1234567893\nReason for Referral: palpitations at night since spring, echo normal`;
  const labs = (name: string, born: string): string =>
    `LABORATORY REPORT\nPatient: ${name}\nDate of Birth: ${born}\nHemoglobin 13.9 g/dL Reference 12.0 - 15.5\nGlucose 92 mg/dL Reference 70 - 99\nCreatinine 0.8 mg/dL Reference 0.6 - 1.1`;
  const first = await arrived(
    Buffer.from(form('Patient Name: Ada Quill\nDate of Birth: 06/22/1990 MRN: 71905191\nPhone: (520) 583-3599')),
  );
  const noisy = form("P-t'nt N-m: ~-d\nD-t: - -- M-N: -\nPh-- (5- -9");
  const again = await arrived(Buffer.from(`${noisy}\f${labs('Ada Quill', '06/22/1990')}`));
  expect(again.repeats).toEqual([{ entry: first.id, pages: 1, whole: false }]);
  const ben = await arrived(Buffer.from(`${noisy}\f${labs('Ben Thorn', '11/23/1984')}`));
  expect(ben.repeats).toBeUndefined();
});

test('one fax that comes by two companies, to two numbers, is two entries that know of each other', async () => {
  const sandbox = openSandbox({ log: keptLog().log });
  h = harness({ read: counted(sandbox).read });
  const clock = { at: h.now() };
  const [sinch, srfax] = [await openSinch(h.now), await openSrfax(h.now)];
  const [first, second] = practice.addresses['efax'] as [string, string];
  const house = await channelHouse(
    clock,
    {
      sinch: { ...sinch.account, from: first, practice: 'maple' },
      srfax: { ...srfax.account, from: second, practice: 'maple' },
    },
    { looks: false },
  );
  const stop = new AbortController();
  try {
    const fax = { id: 'in1', from: '+12125550123', file: fixture('fax/ehr-standard-clean.tif') };
    const ring = sinch.receive({ ...fax, to: first }, house.url);
    const request = new Request(`${house.url}/webhooks/efax/sinch`, { method: 'POST', ...ring });
    expect((await house.channel.webhook?.(request, h.inbox))?.status).toBe(200);
    srfax.receive({ ...fax, to: second }, house.url);
    await house.channel.listen?.(h.inbox, stop.signal);
    await until('the other company has nothing left', () => !srfax.holds('in1') && !sinch.holds('in1'));
    await h.turn();
    const { rows } = await h.store.entries({ practices: null, limit: 10 });
    const messages = await Promise.all(rows.map(({ message }) => h.store.message(message)));
    expect(messages.map(({ practice: id }) => id)).toEqual(['main', 'main']);
    expect(rows.map(({ repeats }) => repeats ?? [])).toEqual(
      expect.arrayContaining([[], [expect.objectContaining({ whole: true })]]),
    );
  } finally {
    stop.abort();
    await Promise.all([house.close(), sinch.close(), srfax.close(), sandbox.close()]);
  }
}, 60_000);

/** As a poor line leaves it: one long word in twelve has a wrong letter. */
function smudged(text: string): string {
  const chance = chanceOf(3);
  return text.replace(/[A-Za-z]{4,}/g, (word) => (chance.yes(1 / 12) ? `${word.slice(0, -1)}x` : word));
}

let arrivals = 0;
async function arrived(bytes: Uint8Array, address = 'referrals@riverside.example', channel = 'direct'): Promise<Entry> {
  const name = Buffer.from(bytes).toString('latin1', 0, 2) === 'II' ? 'fax.tif' : 'fax.txt';
  const documents = [{ name, mediaType: name.endsWith('tif') ? 'image/tiff' : 'text/plain', bytes }];
  const token = `<m${String(++arrivals)}@far.example>`;
  const origin = { channel, token, from: 'dr@far.example', details: {} };
  await h.inbox.message(arrival({ origin, documents, to: [{ channel, address }] }));
  await h.turn();
  const { rows } = await h.store.entries({ practices: null, limit: 10 });
  const entry = rows.find(({ id }) => !known.has(id));
  if (!entry) throw new Error('nothing arrived');
  known.add(entry.id);
  return entry;
}
const known = new Set<string>();

/** Reads as the gateway does, and counts how often the engine looked at a page. */
function counted(sandbox: Sandbox): { readonly read: ExtractDeps['read']; readonly looks: () => number } {
  let looks = 0;
  const watched: Sandbox = {
    ...sandbox,
    open: async (...asked) => {
      const opened = await sandbox.open(...asked);
      if (!opened.ok) return opened;
      const recognise: typeof opened.value.recognise = (...page) => {
        looks += 1;
        return opened.value.recognise(...page);
      };
      return { ok: true, value: { ...opened.value, recognise } };
    },
  };
  return {
    looks: () => looks,
    read: (document, bytes, signal, urgency, memory) =>
      readDocument(watched, document, bytes, signal, { urgency, memory }),
  };
}
