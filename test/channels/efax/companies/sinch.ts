import { handOvers, over, serving, type Far, type Fate, type Reply, type Request } from './company.ts';

const failures: Readonly<
  Partial<Record<Fate, { errorType: string; errorCode: number; pagesSentSuccessfully?: number }>>
> = {
  busy: { errorType: 'CALL_ERROR', errorCode: 17 },
  'no answer': { errorType: 'CALL_ERROR', errorCode: 16 },
  voice: { errorType: 'FAX_ERROR', errorCode: 132 },
  'bad number': { errorType: 'CALL_ERROR', errorCode: 34 },
  partial: { errorType: 'FAX_ERROR', errorCode: 131, pagesSentSuccessfully: 1 },
};

const credentials = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** Sinch Fax v3: a fax object for one recipient, COMPLETED webhooks for failures too, no signature. */
export async function openSinch(now: () => number): Promise<Far> {
  const desk = handOvers();
  const records = new Map<string, Record<string, unknown>>();
  const files = new Map<string, Uint8Array>();
  const known = credentials('key', 'secret');

  function post(body: Buffer): Reply {
    const job = JSON.parse(body.toString()) as {
      to: string;
      from: string;
      files: { file: string; fileType: string }[];
      labels: Record<string, string>;
      maxRetries: number;
    };
    if (desk.next() === 'refuses') return { status: 400, body: { code: 400, message: 'bad' } };
    const id = `01FAX${desk.sent.length}`;
    if (desk.takes()) {
      const file = Buffer.from(job.files[0]?.file ?? '', 'base64');
      desk.take({ id, to: job.to, name: job.labels['attempt'] ?? '' }, file);
      records.set(id, {
        id,
        direction: 'OUTBOUND',
        to: job.to,
        from: job.from,
        status: 'QUEUED',
        labels: job.labels,
        createTime: new Date(now()).toISOString(),
        maxRetries: job.maxRetries,
        retryCount: 0,
      });
    }
    return desk.trouble() ?? { status: 200, body: records.get(id) };
  }

  function handle({ method, url, headers, body }: Request): Reply {
    if (headers.authorization !== known) return { status: 401, body: {} };
    const [, id, file] = /^\/projects\/p1\/faxes(?:\/(\w+))?(\/file(?:\.pdf)?)?$/.exec(url.pathname) ?? [];
    if (id === undefined && method === 'POST') return post(body);
    if (id === undefined) {
      const to = url.searchParams.get('to') ?? '';
      const faxes = [...records.values()].filter(
        (each) =>
          String(each['to']).startsWith(to) &&
          each['direction'] === (url.searchParams.get('direction') ?? each['direction']),
      );
      return { status: 200, body: { faxes, pageNumber: 1, totalPages: 1 } };
    }
    const record = records.get(id);
    if (!record) return { status: 404, body: {} };
    if (file === undefined) return { status: 200, body: record };
    if (method === 'DELETE') return { status: files.delete(id) ? 204 : 404, body: '' };
    const bytes = files.get(id);
    return bytes ? { status: 200, body: bytes } : { status: 404, body: {} };
  }

  const server = await serving(handle);
  const account = {
    provider: 'sinch',
    projectId: 'p1',
    keyId: 'key',
    keySecret: 'secret',
    webhook: { user: 'hook', password: 'pass' },
    baseUrl: server.url,
  };
  const ring = (event: string, fax: unknown) => ({
    headers: { 'content-type': 'application/json', authorization: credentials('hook', 'pass') },
    body: JSON.stringify({ event, eventTime: new Date(now()).toISOString(), fax }),
  });
  return {
    account,
    stranger: { ...account, keySecret: 'wrong' },
    sent: desk.sent,
    number: '+12125550123',
    fate: desk.fate,
    redials: desk.redials,
    end(id) {
      const { fax, record } = over(desk.sent, records, id);
      const failure = failures[fax.fate];
      Object.assign(record, {
        status: failure ? 'FAILURE' : 'COMPLETED',
        numberOfPages: 3,
        pagesSentSuccessfully: failure ? 0 : 3,
        retryCount: desk.redialled(),
        ...failure,
        completedTime: new Date(now()).toISOString(),
      });
      return ring('FAX_COMPLETED', record);
    },
    receive({ id, from, to, file }) {
      records.set(id, { id, direction: 'INBOUND', from, to, status: 'COMPLETED', numberOfPages: 1 });
      files.set(id, file);
      return ring('INCOMING_FAX', records.get(id));
    },
    holds: (id) => files.has(id),
    close: () => server.close(),
  };
}
