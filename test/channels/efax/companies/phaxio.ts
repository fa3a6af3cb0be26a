import { createHash, createHmac } from 'node:crypto';
import { handOvers, over, serving, type Far, type Fate, type Reply, type Request, type Ring } from './company.ts';

const failures: Readonly<Partial<Record<Fate, { error_type: string; error_id: number }>>> = {
  busy: { error_type: 'lineError', error_id: 17 },
  'no answer': { error_type: 'lineError', error_id: 16 },
  voice: { error_type: 'faxError', error_id: 132 },
  'bad number': { error_type: 'lineError', error_id: 34 },
  partial: { error_type: 'faxError', error_id: 131 },
};

/** One field or file of a form, by the letter of RFC 7578. */
interface Field {
  readonly name: string;
  readonly value: string | Uint8Array;
}

function formOf(fields: readonly Field[], boundary: string): Buffer {
  const pieces = fields.flatMap(({ name, value }) => {
    const file = typeof value === 'string' ? '' : '; filename="fax.tif"\r\nContent-Type: image/tiff';
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`;
    return [Buffer.from(head), Buffer.from(value), Buffer.from('\r\n')];
  });
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
}

/** Phaxio v2.1: a hand-over is answered by an id and nothing else; calls are forms, signed over their parts. */
export async function openPhaxio(now: () => number): Promise<Far> {
  const desk = handOvers();
  const records = new Map<string, Record<string, unknown>>();
  const files = new Map<string, Uint8Array>();
  const known = `Basic ${Buffer.from('key:secret').toString('base64')}`;

  /** What is between this part's header and the next boundary. */
  function partOf(body: Buffer, name: string): Buffer {
    const boundary = body.subarray(0, body.indexOf('\r\n'));
    const head = body.indexOf(`name="${name}"`);
    const from = body.indexOf('\r\n\r\n', head) + 4;
    return body.subarray(from, body.indexOf(Buffer.concat([Buffer.from('\r\n'), boundary]), from));
  }

  function post(body: Buffer): Reply {
    if (desk.next() === 'refuses') return { status: 422, body: { success: false, message: 'bad' } };
    const id = String(500 + desk.sent.length);
    if (desk.takes()) {
      const [to, name] = [partOf(body, 'to').toString(), partOf(body, 'tag[attempt]').toString()];
      desk.take({ id, to, name }, partOf(body, 'file'));
      const recipients = [{ phone_number: to, status: 'queued', retry_count: 0 }];
      records.set(id, { id: Number(id), direction: 'sent', status: 'queued', tags: { attempt: name }, recipients });
    }
    return desk.trouble() ?? { status: 200, body: { success: true, message: 'Fax queued', data: { id: Number(id) } } };
  }

  function handle({ method, url, headers, body }: Request): Reply {
    if (headers.authorization !== known) return { status: 401, body: { success: false, message: 'no' } };
    const [, id, file] = /^\/faxes(?:\/(\d+))?(\/file)?$/.exec(url.pathname) ?? [];
    if (id === undefined && method === 'POST') return post(body);
    if (id === undefined) {
      const tag = url.searchParams.get('tag[attempt]');
      const data = [...records.values()].filter(
        ({ tags }) => tag === null || (tags as Record<string, unknown>)['attempt'] === tag,
      );
      return { status: 200, body: { success: true, data, paging: { total: data.length, per_page: 1000, page: 1 } } };
    }
    const record = records.get(id);
    if (!record) return { status: 404, body: { success: false, message: 'none' } };
    if (file === undefined) return { status: 200, body: { success: true, data: record } };
    if (method === 'DELETE') return { status: files.delete(id) ? 200 : 404, body: { success: true } };
    const bytes = files.get(id);
    return bytes ? { status: 200, body: bytes } : { status: 404, body: {} };
  }

  function ring(url: string, fields: readonly Field[]): Ring {
    const sorted = fields.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const words = sorted
      .filter(({ value }) => typeof value === 'string')
      .map(({ name, value }) => `${name}${String(value)}`);
    const hashes = sorted
      .filter(({ value }) => typeof value !== 'string')
      .map(({ name, value }) => name + createHash('sha1').update(value).digest('hex'));
    const signature = createHmac('sha1', 'hook-token')
      .update([url, ...words, ...hashes].join(''))
      .digest('hex');
    return {
      headers: { 'content-type': 'multipart/form-data; boundary=xYzZY', 'x-phaxio-signature': signature },
      body: formOf(fields, 'xYzZY'),
    };
  }

  const server = await serving(handle);
  const account = {
    provider: 'phaxio',
    apiKey: 'key',
    apiSecret: 'secret',
    callbackToken: 'hook-token',
    baseUrl: server.url,
  };
  return {
    account,
    stranger: { ...account, apiSecret: 'wrong' },
    sent: desk.sent,
    number: '+12125550123',
    fate: desk.fate,
    redials: desk.redials,
    end(id, url) {
      const { fax, record } = over(desk.sent, records, id);
      const failure = failures[fax.fate];
      const status = failure ? 'failure' : 'success';
      const recipients = [{ phone_number: fax.to, status, retry_count: desk.redialled(), ...failure }];
      Object.assign(record, { status, recipients, ...failure, completed_at: new Date(now()).toISOString() });
      return ring(url, [
        { name: 'success', value: failure ? 'false' : 'true' },
        { name: 'event_type', value: 'fax_completed' },
        { name: 'fax', value: JSON.stringify(record) },
      ]);
    },
    receive({ from, to, file }, url) {
      const id = '900';
      const record = {
        id: 900,
        direction: 'received',
        num_pages: 1,
        status: 'success',
        from_number: from,
        to_number: to,
        tags: [],
      };
      records.set(id, record);
      files.set(id, file);
      return ring(url, [
        { name: 'fax', value: JSON.stringify(record) },
        { name: 'file', value: file },
      ]);
    },
    holds: () => files.has('900'),
    close: () => server.close(),
  };
}
