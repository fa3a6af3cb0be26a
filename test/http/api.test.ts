import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { arrival, pdf, request } from '../harness.ts';
import { refused } from '../../src/core/outcome.ts';
import { harness, scripted } from '../harness.ts';
import { form, house, pdfFile, post, send, type House } from './house.ts';
import type { EntryView } from '../../src/http/intake-shapes.ts';
import type { DeliveryView, Explanation, MessageView } from '../../src/http/shapes.ts';

let at: House;
let key: string;

beforeEach(async () => {
  at = house({
    pipeline: harness({ channels: [scripted('direct', refused('bad-address', '550 5.1.1')), scripted('efax')] }),
  });
  key = await at.addKey('practice-admin', 'main');
});
afterEach(() => at.close());

const read = async <T>(path: string, as = key): Promise<T> => {
  const answer = await at.as(as, path);
  expect(answer.status).toBe(200);
  return (await answer.json()) as T;
};

describe('a referral', () => {
  test('is on disk when 202 is said, and its story tells the fallback', async () => {
    const sent = await send(at, key);
    expect(sent.deliveries).toHaveLength(1);
    expect((await at.store.message(sent.message as `msg_${string}`)).practice).toBe('main');
    await at.turn();
    const attempts = await at.store.attemptsOf(sent.deliveries[0].id as `dlv_${string}`);
    await at.inbox.receipt({
      channel: 'efax',
      author: null,
      receipt: {
        attempt: attempts.find(({ channel }) => channel === 'efax')?.id ?? 'att_',
        kind: 'delivered',
        reason: null,
        at: at.now(),
      },
      evidence: { mediaType: 'application/json', bytes: Buffer.from('{"fax":"ok"}') },
    });
    await at.turn();

    const message = await read<MessageView>(`/api/v1/messages/${sent.message}`);
    expect(message.deliveries[0]?.state).toBe('delivered');
    expect(message.deliveries[0]?.summary).toBe('Arrived by fax at +12125550199: delivery was confirmed.');
    expect(message.timeline.map(({ text }) => text)).toEqual([
      'Received 1 document by the API and stored.',
      'The ways to the recipient were weighed and ranked.',
      'Started to send by Direct mail to intake@far.example.',
      'The Direct mail side turned it down: the address does not exist (550 5.1.1). Nothing was sent.',
      'Started to send by fax to +12125550199.',
      'The fax side took it.',
      'Delivery was confirmed (fax).',
    ]);
    const evidence = message.timeline.at(-1)?.evidence ?? '';
    const proof = await at.as(key, `/api/v1/documents/${evidence}`);
    expect(await proof.text()).toBe('{"fax":"ok"}');

    const why = await read<Explanation>(`/api/v1/deliveries/${sent.deliveries[0].id}/explain`);
    expect(why.policy).toEqual({ version: 'test', urgency: 'routine', order: ['direct', 'efax', 'portal'] });
    expect(why.weighed.map(({ channel, place }) => [channel, place])).toEqual([
      ['direct', 1],
      ['efax', 2],
    ]);
  });

  test('with the same Idempotency-Key is the same referral; with another content it is a conflict', async () => {
    const headers = { 'idempotency-key': 'k-1' };
    const ask = (body: FormData) => at.as(key, '/api/v1/referrals', { method: 'POST', headers, body });
    const first = await ask(form());
    const again = await ask(form());
    expect(await again.json()).toEqual(await first.json());
    const other = await ask(form(request({ urgency: 'stat' })));
    expect(other.status).toBe(409);
    expect(await other.json()).toMatchObject({ code: 'conflict' });
  });

  test('is listed, read, and its life is recorded with the evidence', async () => {
    const sent = await send(at, key);
    const listed = await read<{ rows: { id: string }[] }>('/api/v1/referrals');
    expect(listed.rows.map(({ id }) => id)).toEqual([sent.referral]);
    const answer = await at.as(
      key,
      `/api/v1/referrals/${sent.referral}/status`,
      post({ to: 'accepted', evidence: 'phone call' }),
    );
    expect(await answer.json()).toMatchObject({
      state: 'accepted',
      steps: [{ to: 'accepted', evidence: 'phone call' }],
    });
    expect(await read(`/api/v1/referrals/${sent.referral}`)).toMatchObject({ state: 'accepted' });
  });

  test('that is wrong is told every field at fault', async () => {
    const answer = await at.as(key, '/api/v1/referrals', {
      method: 'POST',
      body: form({ ...request(), urgency: 'soon', neededBy: 'tomorrow', surprise: 1 }),
    });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    const { fields, code } = (await answer.json()) as { fields: Record<string, string>; code: string };
    expect(code).toBe('invalid');
    expect(Object.keys(fields).sort()).toEqual(['referral', 'referral.neededBy', 'referral.urgency']);
  });

  test.each([
    ['no file', form(request(), []), /at least one file/],
    ['an empty file', form(request(), [new File([], 'a.pdf', { type: 'application/pdf' })]), /empty/],
    ['HTML named .pdf', form(request(), [new File(['<html>'], 'a.pdf', { type: 'application/pdf' })]), /web page/],
    [
      '500 files',
      form(
        request(),
        Array.from({ length: 500 }, () => pdfFile()),
      ),
      /at most 100/,
    ],
    [
      'no referral',
      (() => {
        const data = form();
        data.delete('referral');
        return data;
      })(),
      /missing/,
    ],
  ])('with %s is refused with a clear word, and nothing is stored', async (_, body, word) => {
    const answer = await at.as(key, '/api/v1/referrals', { method: 'POST', body });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toMatch(word);
    expect(await at.store.lastEvent()).toBe(0);
  });

  test('larger than the limit is refused with the limit', async () => {
    const big = new File([new Uint8Array(6 * 1024 * 1024)], 'big.pdf', { type: 'application/pdf' });
    const answer = await at.as(key, '/api/v1/referrals', { method: 'POST', body: form(request(), [big]) });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ code: 'too-large', detail: 'At most 5 MB; nothing was kept.' });
  });

  test('cut off in the middle is refused', async () => {
    const body = '--x\r\ncontent-disposition: form-data; name="referral"\r\n\r\n{"urg';
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    const answer = await at.as(key, '/api/v1/referrals', { method: 'POST', headers, body });
    expect(answer.status).toBe(400);
  });
});

describe('a decision', () => {
  test('holds, retries and cancels, keeps the reason, and refuses what does not apply', async () => {
    const {
      deliveries: [{ id }],
      message,
    } = await send(at, key);
    const decide = (verb: string, body: unknown = { reason: 'Canary moved' }) =>
      at.as(key, `/api/v1/deliveries/${id}/${verb}`, post(body));
    const held = (await (await decide('hold')).json()) as DeliveryView;
    expect(held).toMatchObject({ state: 'held', may: ['retry', 'cancel'] });
    expect((await decide('hold')).status).toBe(409);
    expect((await decide('cancel', { reason: ' ' })).status).toBe(400);
    expect((await decide('explode')).status).toBe(400);
    expect(await (await decide('cancel')).json()).toMatchObject({ state: 'cancelled', may: [] });
    const { timeline } = await read<MessageView>(`/api/v1/messages/${message}`);
    expect(timeline.map(({ text }) => text)).toContain('Delivery held by key practice-admin key: Canary moved.');
  });
});

describe('the delivery log', () => {
  test('pages with a cursor, filters, and finds', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      await at.turn(1);
      ids.push((await send(at, key)).deliveries[0].id);
    }
    const first = await read<{ rows: { id: string }[]; next: string }>('/api/v1/deliveries?limit=3');
    const second = await read<{ rows: { id: string }[]; next: null }>(
      `/api/v1/deliveries?limit=3&cursor=${first.next}`,
    );
    expect([...first.rows, ...second.rows].map(({ id }) => id)).toEqual(ids.toReversed());
    expect(second.next).toBeNull();
    expect((await read<{ rows: unknown[] }>('/api/v1/deliveries?state=failed')).rows).toEqual([]);
    expect((await read<{ rows: unknown[] }>(`/api/v1/deliveries?q=${ids[2]}`)).rows).toHaveLength(1);
    expect((await read<{ rows: unknown[] }>('/api/v1/deliveries?from=2030-01-01T00:00:00Z')).rows).toEqual([]);
  });

  test.each(['%', "'", '"; drop table', '(a+)+$', '😀', '\u202e', '%00', 'x'.repeat(200)])(
    'searches for %p calmly',
    async (q) => {
      const answer = await at.as(key, `/api/v1/deliveries?q=${encodeURIComponent(q)}`);
      expect(answer.status).toBe(200);
    },
  );

  test.each(['limit=0', 'limit=9999', 'state=lost', 'from=yesterday', `q=${'x'.repeat(10_000)}`])(
    'refuses %s',
    async (query) => {
      expect((await at.as(key, `/api/v1/deliveries?${query}`)).status).toBe(400);
    },
  );
});

describe('intake', () => {
  const waiting = async (): Promise<string> => {
    await at.inbox.message(arrival());
    await at.turn();
    const { rows } = await read<{ rows: { id: string }[] }>('/api/v1/intake');
    return rows[0]?.id ?? '';
  };

  test('shows pages and text, takes corrections, makes a referral, and is decided once', async () => {
    const id = await waiting();
    const entry = await read<EntryView>(`/api/v1/intake/${id}`);
    expect(entry.sheets.map(({ text }) => text)).toEqual(['Patient: Canary-Quist, Wilhelmina']);
    const accept = post({
      corrections: { 'patient.name': 'Wilhelmina Canary-Quist', 'patient.phone': '(212) 555-0123' },
    });
    const accepted = await at.as(key, `/api/v1/intake/${id}/accept`, accept);
    const done = (await accepted.json()) as EntryView;
    expect(done).toMatchObject({
      state: 'accepted',
      fields: [{ value: 'Wilhelmina Canary-Quist', by: 'person' }, { value: '+12125550123' }],
    });
    expect(await read(`/api/v1/referrals/${done.referral}`)).toMatchObject({ direction: 'incoming' });
    expect((await at.as(key, `/api/v1/intake/${id}/accept`, accept)).status).toBe(409);
    expect((await at.as(key, `/api/v1/intake/${id}/reject`, post({ reason: 'late' }))).status).toBe(409);
  });

  test('turns an entry away with a reason, and refuses unknown fields and what no field can be', async () => {
    const id = await waiting();
    const wrong = { 'patient.birthDate': '1961-04-091961', 'patient.phone': 'ask Anna', 'referrer.npi': '12' };
    const told = await at.as(key, `/api/v1/intake/${id}/accept`, post({ corrections: wrong }));
    expect(await told.json()).toMatchObject({
      fields: {
        'corrections.patient.birthDate': 'a date like 1961-04-09',
        'corrections.patient.phone': 'a phone number like +12125550123',
        'corrections.referrer.npi': 'an NPI has ten digits',
      },
    });
    const odd = await at.as(key, `/api/v1/intake/${id}/accept`, post({ corrections: { 'patient.shoe': '43' } }));
    expect(odd.status).toBe(400);
    const rejected = await at.as(key, `/api/v1/intake/${id}/reject`, post({ reason: 'not ours' }));
    expect(await rejected.json()).toMatchObject({ state: 'rejected', reason: 'not ours' });
  });
});

describe('a document', () => {
  test('goes out for saving only, is never rendered in our origin, and its viewing is on record', async () => {
    await at.inbox.message(
      arrival({ documents: [{ name: 'referral.pdf', mediaType: 'application/pdf', bytes: pdf }] }),
    );
    await at.turn();
    const [row] = (await read<{ rows: { message: string }[] }>('/api/v1/intake')).rows;
    const message = row?.message ?? '';
    const { documents } = await read<MessageView>(`/api/v1/messages/${message}`);
    const id = documents[0]?.id ?? '';
    const answer = await at.as(key, `/api/v1/documents/${id}`);
    expect(answer.headers.get('content-disposition')).toBe(
      `attachment; filename="referral.pdf"; filename*=UTF-8''referral.pdf`,
    );
    expect(answer.headers.get('content-security-policy')).toMatch(/^sandbox/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const page = await at.as(key, `/api/v1/documents/${id}/pages/1.png`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'image/png']);
    await at.as(key, `/api/v1/documents/${id}/pages/1.png?for=print`);
    expect((await at.as(key, `/api/v1/documents/${id}/pages/9.png`)).status).toBe(404);
    expect((await at.as(key, `/api/v1/documents/${id}/pages/0.png`)).status).toBe(400);
    const record = await at.store.history(message as `msg_${string}`);
    const seen = record.filter(({ what }) => /^\w+\.(?:viewed|printed|exported)$/.test(what));
    expect(seen.map(({ what, who, subject }) => [what, who, subject])).toEqual([
      ['message.viewed', 'key:practice-admin key', message],
      ['document.exported', 'key:practice-admin key', id],
      ['page.viewed', 'key:practice-admin key', id],
      ['page.printed', 'key:practice-admin key', id],
    ]);
  });

  test('that is a C-CDA can be read as a page that does nothing, and its viewing is on record', async () => {
    const script =
      '<component><section><title>T</title><text>&lt;script&gt;<script>alert(1)</script></text></section></component>';
    const note = Buffer.from(`<ClinicalDocument xmlns="urn:hl7-org:v3">${script}</ClinicalDocument>`);
    const { message, documents } = await arrivedWith('note.xml', 'text/xml', note);
    const answer = await at.as(key, `/api/v1/documents/${documents[0]?.id}/view`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^sandbox; default-src 'none'; style-src 'sha256-[^']+'; frame-ancestors 'none'$/);
    const html = await answer.text();
    expect(html).toContain('&lt;script&gt;alert(1)');
    const style = /<style>([^<]*)<\/style>/.exec(html)?.[1] ?? '';
    expect(policy).toContain(createHash('sha256').update(style).digest('base64'));
    const record = await at.store.history(message as `msg_${string}`);
    expect(record.map(({ what }) => what)).toContain('document.viewed');
  });

  const broken = Buffer.from('<ClinicalDocument xmlns="urn:hl7-org:v3"><!DOCTYPE x></ClinicalDocument>');
  test.each([
    ['a.pdf', 'application/pdf', pdf, /by its pages/],
    ['b.xml', 'text/xml', broken, /DOCTYPE/],
  ] as const)('that cannot be read as a page says so instead (%s)', async (name, type, bytes, why) => {
    const { documents } = await arrivedWith(name, type, bytes);
    const answer = await at.as(key, `/api/v1/documents/${documents[0]?.id}/view`);
    expect(answer.status).toBe(409);
    expect(await answer.text()).toMatch(why);
  });

  async function arrivedWith(name: string, mediaType: string, bytes: Uint8Array) {
    await at.inbox.message(arrival({ documents: [{ name, mediaType, bytes }] }));
    await at.turn();
    const [row] = (await read<{ rows: { message: string }[] }>('/api/v1/intake')).rows;
    const message = row?.message ?? '';
    return { message, ...(await read<MessageView>(`/api/v1/messages/${message}`)) };
  }

  test('with a hostile name cannot break out of its header', async () => {
    const name = '../"><img src=x onerror=alert(1)>\r\nset-cookie: a=b\u202efdp.exe';
    const answer = await at.as(key, '/api/v1/referrals', { method: 'POST', body: form(request(), [pdfFile(name)]) });
    const { message } = (await answer.json()) as { message: string };
    const { documents } = await read<MessageView>(`/api/v1/messages/${message}`);
    const file = await at.as(key, `/api/v1/documents/${documents[0]?.id}`);
    expect(file.status).toBe(200);
    expect(file.headers.get('set-cookie')).toBeNull();
    expect(file.headers.get('content-disposition')).not.toMatch(/[\r\n\u202e/]/);
  });
});

test.each([
  ['a poisoned name', '{"reason":"x","__proto__":{"admin":true}}'],
  ['a constructor', '{"reason":"x","constructor":{"prototype":{}}}'],
  ['the same name twice', '{"reason":"x","reason":"y"}'],
  ['an escaped copy of a name', '{"reason":"x","re\\u0061son":"y"}'],
  ['depth', `{"reason":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  ['a number beyond a double', '{"reason":"x","route":1e400}'],
  ['a lone surrogate', '{"reason":"\\ud800"}'],
  ['half a document', '{"reason":'],
  ['nothing', ''],
])('JSON with %s is a 400 and pollutes nothing', async (_, body) => {
  const {
    deliveries: [{ id }],
  } = await send(at, key);
  const headers = { 'content-type': 'application/json' };
  const answer = await at.as(key, `/api/v1/deliveries/${id}/hold`, { method: 'POST', headers, body });
  expect(answer.status).toBe(400);
  expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  expect(await at.state(id as `dlv_${string}`)).toBe('pending');
});
