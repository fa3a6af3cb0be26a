import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { harness, scripted, submission } from '../harness.ts';
import { refused } from '../../src/core/outcome.ts';
import { house, type House } from './house.ts';

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

describe('the record', () => {
  test('is paged by cursor', async () => {
    await at.submit(submission());
    await at.turn();
    const { rows } = await read<{ rows: { cursor: number; what: string }[] }>('/api/v1/events?limit=2');
    expect(rows).toHaveLength(2);
    const rest = await read<{ rows: { cursor: number }[] }>(`/api/v1/events?after=${rows[1]?.cursor}`);
    expect(rest.rows[0]?.cursor).toBeGreaterThan(rows[1]?.cursor ?? Infinity);
  });

  test('streams live and resumes after Last-Event-ID', async () => {
    await at.submit(submission());
    const open = (headers: Record<string, string>) => at.as(key, '/api/v1/events/stream', { headers });
    const live = reader(await open({}));
    await live.until(': live');
    const { message } = await at.submit(submission());
    const heard = await live.until(message);
    expect(heard).toContain('"what":"message.received"');
    await live.close();
    const resumed = reader(await open({ 'last-event-id': '0' }));
    expect(await resumed.until(message)).toMatch(/id: 1\n/);
    await resumed.close();
  });
});

test('a list with patient data goes on record when somebody sees something else in it', async () => {
  const { referral } = await at.submit(submission());
  const seen = async () =>
    (await read<{ rows: { who: string; facts: object }[] }>('/api/v1/audit?what=list.viewed')).rows;
  for (let n = 0; n < 3; n++) await read('/api/v1/referrals');
  expect(await seen()).toMatchObject([
    { who: 'key:practice-admin key', subject: 'referrals', facts: { rows: 1, newest: referral, oldest: referral } },
  ]);
  await at.submit(submission());
  await read('/api/v1/referrals');
  expect(await seen()).toHaveLength(2);
});

test('an audit is filtered by person, deed, thing and time, paged, and shows nobody a note without the right', async () => {
  const { message } = await at.submit(submission());
  await at.turn();
  await read(`/api/v1/messages/${message}`);
  const auditor = await at.addKey('auditor', 'main');
  const audit = async (query: string) =>
    (await read<{ rows: { what: string; who: string }[]; next: string | null }>(`/api/v1/audit?${query}`, auditor))
      .rows;
  expect((await audit(`who=${encodeURIComponent('key:practice-admin key')}`)).map(({ what }) => what)).toEqual([
    'message.viewed',
  ]);
  expect((await audit(`message=${message}`)).length).toBeGreaterThan(3);
  expect(await audit(`subject=${message}&what=message.received`)).toHaveLength(1);
  expect(await audit('from=2030-01-01T00:00:00Z')).toEqual([]);
  const first = await read<{ rows: { cursor: number }[]; next: string }>('/api/v1/audit?limit=2', auditor);
  const second = await read<{ rows: { cursor: number }[] }>(`/api/v1/audit?limit=2&cursor=${first.next}`, auditor);
  expect(second.rows[0]?.cursor).toBeLessThan(first.rows[1]?.cursor ?? 0);
  expect((await at.as(auditor, '/api/v1/audit?practice=other')).status).toBe(404);
});

function reader(answer: Response) {
  const stream = answer.body?.getReader();
  const decoder = new TextDecoder();
  let heard = '';
  return {
    async until(text: string): Promise<string> {
      while (!heard.includes(text)) {
        const chunk = (await stream?.read()) as { readonly value?: Uint8Array } | undefined;
        if (!chunk?.value) throw new Error(`the stream ended before ${text}`);
        heard += decoder.decode(chunk.value, { stream: true });
      }
      return heard;
    },
    close: async () => stream?.cancel(),
  };
}

describe('the gateway itself', () => {
  test('is alive, ready, describes its channels and its API', async () => {
    expect((await at.app.request('/healthz')).status).toBe(200);
    expect((await at.app.request('/readyz')).status).toBe(200);
    expect(await read('/api/v1/channels')).toMatchObject({
      rows: [
        { name: 'direct', health: { ok: true } },
        { name: 'efax', health: { ok: true } },
      ],
      deadLetters: 0,
    });
    const api = (await (await at.app.request('/openapi.json')).json()) as {
      paths: Record<string, object>;
      components: { schemas: object };
    };
    expect(Object.keys(api.paths)).toEqual(expect.arrayContaining(['/api/v1/referrals', '/api/v1/intake/{id}/accept']));
    expect(api.components.schemas).toHaveProperty('Message');
  });

  test('is not ready while its store cannot write', async () => {
    const reasons = [{ cause: 'store', problem: 'the store cannot write' }] as const;
    const broken = house({ pipeline: at, ready: () => Promise.resolve({ state: 'unready', reasons }) });
    const answer = await broken.app.request('/readyz');
    expect([answer.status, await answer.json()]).toEqual([503, { state: 'unready', reasons }]);
  });
});
