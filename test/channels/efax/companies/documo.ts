import { partsOf, fieldOf } from '../../../../channels/efax/form.ts';
import { handOvers, over, serving, type Far, type Fate, type Reply, type Request } from './company.ts';

const failures: Readonly<Partial<Record<Fate, Record<string, unknown>>>> = {
  busy: { resultCode: '17', resultInfo: 'Busy', faxDetected: false },
  'no answer': { resultCode: '19', resultInfo: 'No answer', faxDetected: false },
  voice: { resultCode: '32', resultInfo: 'Failed', faxDetected: false },
  'bad number': { resultCode: '1', resultInfo: 'Invalid number', faxDetected: false },
  partial: { resultCode: '60', resultInfo: 'Disconnected', faxDetected: true, pagesComplete: 1 },
};

/** Documo mFax v1: a multipart form in, a message id out; webhooks with basic auth and the whole record. */
export async function openDocumo(now: () => number): Promise<Far> {
  const desk = handOvers();
  const records = new Map<string, Record<string, unknown>>();
  const files = new Map<string, Uint8Array>();

  function post({ headers, body }: Request): Reply {
    if (desk.next() === 'refuses') return { status: 400, body: { error: { message: 'faxNumber is invalid' } } };
    const parts = partsOf(headers['content-type'] ?? null, body) ?? [];
    const file = parts.find(({ name }) => name === 'attachments')?.bytes ?? Buffer.alloc(0);
    const messageId = `5f1e0000-0000-4000-8000-${String(desk.sent.length).padStart(12, '0')}`;
    if (desk.takes()) {
      const to = fieldOf(parts, 'faxNumber') ?? '';
      const name = fieldOf(parts, 'tags') ?? '';
      desk.take({ id: messageId, to, name }, file);
      records.set(messageId, { messageId, status: 'processing', direction: 'outbound', faxNumber: to, faxAttempt: 1 });
    }
    return desk.trouble() ?? { status: 200, body: { messageId, status: 'processing' } };
  }

  function handle(request: Request): Reply {
    const { method, url, headers } = request;
    // The raw key, not a user and a password.
    if (headers.authorization !== 'Basic key-as-it-is') return { status: 401, body: { error: 'Unauthorized' } };
    if (method === 'POST' && url.pathname === '/faxes') return post(request);
    if (url.pathname === '/accounts') return { status: 200, body: { rows: [] } };
    const [, id = '', what] = /^\/fax\/([\w-]+)\/(info|download)$/.exec(url.pathname) ?? [];
    const found = what === 'download' ? files.get(id) : records.get(id);
    return found ? { status: 200, body: found } : { status: 404, body: {} };
  }

  const server = await serving(handle);
  const account = {
    provider: 'documo',
    apiKey: 'key-as-it-is',
    webhook: { user: 'hook', password: 'pass' },
    baseUrl: server.url,
  };
  const ring = (event: string, record: unknown) => ({
    headers: {
      'content-type': 'application/json',
      'x-webhook-event': event,
      authorization: `Basic ${Buffer.from('hook:pass').toString('base64')}`,
    },
    body: JSON.stringify(record),
  });
  return {
    account,
    stranger: { ...account, apiKey: 'another' },
    sent: desk.sent,
    number: '+12125550123',
    fate: desk.fate,
    redials: desk.redials,
    end(id) {
      const { fax, record } = over(desk.sent, records, id);
      const failure = failures[fax.fate];
      Object.assign(record, {
        status: failure ? 'failed' : 'success',
        pagesCount: 3,
        pagesComplete: failure ? 0 : 3,
        faxDetected: true,
        faxAttempt: 1 + desk.redialled(),
        resultCode: '0',
        resultInfo: '',
        ...failure,
        resolvedDate: new Date(now()).toISOString(),
      });
      return ring(failure ? 'fax.v1.outbound.failed' : 'fax.v1.outbound.succeed', record);
    },
    receive({ id, from, to, file }) {
      const record = {
        ...{ messageId: id, status: 'success', direction: 'inbound', pagesCount: 1 },
        ...{ faxCallerId: from, faxNumber: to, faxCsid: 'FAR OFFICE' },
      };
      records.set(id, record);
      files.set(id, file);
      return ring('fax.v1.inbound.succeed', record);
    },
    holds: (id) => files.has(id),
    close: () => server.close(),
  };
}
