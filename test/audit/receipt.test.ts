import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { checkReceipt } from '../../src/audit/receipt-check.ts';
import type { Receipt } from '../../src/audit/receipt.ts';
import { accepted } from '../../src/core/outcome.ts';
import { harness, pdf, scripted } from '../harness.ts';
import { house, post, send, type House } from '../http/house.ts';

let at: House;
let key: string;
let id: string;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'loopgate-receipt-'));
  at = house({ pipeline: harness({ channels: [scripted('direct', accepted('250 queued')), scripted('efax')] }) });
  key = await at.addKey('practice-admin', 'main');
  const sent = await send(at, key);
  id = sent.deliveries[0].id;
  await at.turn();
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await at.close();
});

const attemptOf = async () => (await at.store.attemptsOf(id as `dlv_${string}`))[0]?.id ?? 'att_none';
const mdn = Buffer.from('Disposition: automatic-action/MDN-sent-automatically; dispatched');

async function delivered(): Promise<void> {
  const receipt = { attempt: await attemptOf(), kind: 'delivered' as const, reason: null, at: at.now() };
  await at.inbox.receipt({
    receipt,
    channel: 'direct',
    author: null,
    evidence: { mediaType: 'message/disposition-notification', bytes: mdn },
  });
  await at.turn();
}

const ask = (as = key) => at.as(as, `/api/v1/deliveries/${id}/receipt`);
const issued = async (as = key): Promise<Receipt> => {
  const answer = await ask(as);
  expect(answer.status).toBe(200);
  return (await answer.json()) as Receipt;
};

const script = resolve(import.meta.dirname, '../../docs/verify-receipt.mjs');

/** The program of docs, alone: its exit code and what it says. */
function alone(receipt: unknown, ...words: string[]): [number | null, string] {
  const file = join(folder, 'receipt.json');
  writeFileSync(file, JSON.stringify(receipt));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, file, ...words], { encoding: 'utf8' });
  return [status, stdout + stderr];
}

describe('a receipt', () => {
  test('is there once it is delivered, and holds for the gateway and for everybody else', async () => {
    expect((await ask()).status).toBe(409);
    await delivered();
    const receipt = await issued();
    expect(receipt.statement).toMatchObject({ delivery: id, provenBy: 'receipt', practice: 'main' });
    expect(Buffer.from(receipt.evidence[0]?.bytes ?? '', 'base64')).toEqual(mdn);
    const file = join(folder, 'letter.pdf');
    writeFileSync(file, pdf);
    const { keys } = (await (await at.as(key, '/api/v1/audit/checkpoints')).json()) as { keys: { key: string }[] };
    const published = keys[0]?.key ?? '';
    expect(checkReceipt(receipt, published, [Buffer.from(pdf)])).toEqual([]);
    const [status, said] = alone(receipt, '--key', published, '--document', file);
    expect(said).toMatch(/^The receipt holds\.\ndlv_\w+ was delivered at .* by direct to intake@far\.example/);
    expect(said).toMatch(/Signed with the key you gave/);
    expect(readFileSync(script, 'utf8').split('\n').length - 1).toBeLessThanOrEqual(100);
    expect(status).toBe(0);
    expect(JSON.stringify(receipt)).not.toMatch(/canary/i);
  });

  test('without the proofs for those who may not see content, and holds all the same', async () => {
    await delivered();
    const receipt = await issued(await at.addKey('ops', 'main'));
    expect(receipt.evidence).toEqual([]);
    expect(receipt.statement.evidence[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect([checkReceipt(receipt, null, []), alone(receipt)[0]]).toEqual([[], 0]);
  });

  test("by a person's word says so", async () => {
    await at.as(key, `/api/v1/deliveries/${id}/hold`, post({ reason: 'wait' }));
    const word = await at.as(key, `/api/v1/deliveries/${id}/confirm`, post({ reason: 'phoned them' }));
    expect(word.status).toBe(200);
    const receipt = await issued();
    expect(receipt.statement.provenBy).toBe('word');
    expect([checkReceipt(receipt, null, []), alone(receipt)[0]]).toEqual([[], 0]);
  });

  test('is itself on record', async () => {
    await delivered();
    await issued();
    const { rows } = (await (await at.as(key, '/api/v1/audit?what=receipt.issued')).json()) as { rows: object[] };
    expect(rows).toMatchObject([{ subject: id, who: 'key:practice-admin key' }]);
  });
});

describe('a receipt that was altered does not hold:', () => {
  const other = '0'.repeat(64);
  const tampered: readonly [string, (receipt: Receipt) => unknown][] = [
    [
      'another document',
      (r) => ({ ...r, statement: { ...r.statement, documents: [{ id: 'x', sha256: other, bytes: 1 }] } }),
    ],
    ['another time', (r) => ({ ...r, statement: { ...r.statement, deliveredAt: '2020-01-01T00:00:00.000Z' } })],
    ['another practice', (r) => ({ ...r, statement: { ...r.statement, practice: 'other' } })],
    [
      'another line',
      (r) => ({ ...r, lines: r.lines.map((l) => ({ ...l, text: l.text.replace('gateway', 'somebody') })) }),
    ],
    ['another place', (r) => ({ ...r, lines: r.lines.map((l) => ({ ...l, place: l.place + 1 })) })],
    ['no end', (r) => ({ ...r, lines: r.lines.filter((l) => !l.text.includes('delivery.delivered')) })],
    ['no beginning', (r) => ({ ...r, lines: r.lines.slice(1) })],
    ['no evidence line', (r) => ({ ...r, lines: r.lines.filter((l) => !l.text.includes('receipt.recorded')) })],
    ['other evidence', (r) => ({ ...r, evidence: [{ ...r.evidence[0], bytes: Buffer.from('x').toString('base64') }] })],
    ['another checkpoint', (r) => ({ ...r, checkpoint: r.checkpoint.replace(/\n\d+\n/, '\n99\n') })],
    ['no signature', (r) => ({ ...r, signature: '' })],
    ['nothing', () => ({})],
  ];
  test('each of them', async () => {
    await delivered();
    const receipt = await issued();
    for (const [what, altered] of tampered) {
      const forged = altered(receipt) as Receipt;
      expect([what, forged]).not.toEqual([what, receipt]);
      expect([what, checkReceipt(forged, null, []).length > 0]).toEqual([what, true]);
      expect([what, alone(forged)[0]]).toEqual([what, 1]);
    }
  });

  test('one of another gateway, and a file that was not in it', async () => {
    await delivered();
    const receipt = await issued();
    const stranger = house();
    const published = stranger.notary.verifier('main');
    expect(checkReceipt(receipt, published, [])).toContain('the statement is not signed by this key');
    expect(alone(receipt, '--key', published)[0]).toBe(1);
    expect(checkReceipt(receipt, null, [Buffer.from('x')])).toEqual(['file 1 is not one of the documents']);
    await stranger.close();
  });
});
