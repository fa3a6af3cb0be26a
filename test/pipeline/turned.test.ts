import { expect, test } from '@jest/globals';
import type { Entry } from '../../src/core/entry.ts';
import { turnedBox, unturnedBox } from '../../src/core/turn.ts';
import { readDocument, type ReadDocument } from '../../src/documents/read.ts';
import { rereadPage } from '../../src/documents/reread.ts';
import { openSandbox } from '../../src/documents/sandbox.ts';
import { fixture, keptLog } from '../documents/tools.ts';
import { arrival, harness } from '../harness.ts';

test('a page that was not made out is read again once a person turns it, and that is gone again with the undo', async () => {
  const sandbox = openSandbox({ log: keptLog().log });
  const rereads: number[] = [];
  const h = harness({
    reread: (document, bytes, page, turn) => {
      rereads.push(turn);
      return rereadPage(sandbox, document, bytes, page, turn, new AbortController().signal);
    },
    read: async (document, bytes, signal) =>
      mistaken(await readDocument(sandbox, document, bytes, signal, { care: 'draw' })),
  });
  try {
    const documents = [{ name: 'fax.tif', mediaType: 'image/tiff', bytes: fixture('fax/ehr-standard-clean.tif') }];
    const origin = { channel: 'direct', token: '<m1@far.example>', from: 'dr@far.example', details: {} };
    await h.inbox.message(arrival({ origin, documents }));
    await h.turn();
    const [entry] = (await h.store.entries({ practices: null, limit: 1 })).rows;
    if (!entry) throw new Error('nothing arrived');
    const turn = (version: number): Promise<Entry> =>
      h.arrangeEntry({ ...anna, id: entry.id, version, arrangement: { type: 'turn', pages: [0], turn: 180 } });

    const turned = await turn(entry.version);
    expect(rereads).toEqual([180]);
    expect(turned.warnings).toEqual(entry.warnings);
    const name = turned.fields.find(({ name }) => name === 'patient.name');
    const [page] = await h.store.pagesIn(turned);
    const { box } = page?.words.find(({ text }) => name?.value.includes(text)) ?? {};
    if (!name?.place || !page || !box) throw new Error('its place is not known');
    // On the image as it is, from which everything stands on its head.
    expect(box.y).toBeGreaterThan(page.height / 2);
    expect(Math.abs(name.place.box.y - box.y)).toBeLessThan(box.height);

    const back = await h.undoEntry({ ...anna, id: entry.id });
    expect(back.fields).toEqual(entry.fields);
    expect((await turn(back.version)).fields).toEqual(turned.fields);
    expect(rereads).toEqual([180]);
  } finally {
    await sandbox.close();
    await h.close();
  }
}, 120_000);

test('boxes turn with their page, and back', () => {
  const page = { width: 100, height: 300 };
  const box = { x: 10, y: 20, width: 30, height: 5 };
  expect(turnedBox(box, page, 90)).toEqual({ x: 275, y: 10, width: 5, height: 30 });
  expect(turnedBox(box, page, 270)).toEqual({ x: 20, y: 60, width: 5, height: 30 });
  for (const turn of [0, 90, 180, 270] as const)
    expect(unturnedBox(turnedBox(box, page, turn), page, turn)).toEqual(box);
});

const anna = { who: 'user:anna', practices: null };

/** As if the reader had taken its pages for upside down, and made out nothing. */
const mistaken = (drawn: ReadDocument): ReadDocument => ({
  ...drawn,
  pages: drawn.pages.map(({ page, png }) => {
    const counts = { skew: 0, xdpi: 204, ydpi: 98, streaks: 0, specks: 0, rules: 0, looks: 3 };
    return { png, page: { ...page, cleaning: { turn: 180, ...counts } } };
  }),
});
