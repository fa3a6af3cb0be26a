import { handOvers, over, serving, type Far, type Fate, type Reply, type Request } from './company.ts';

const failures: Readonly<Partial<Record<Fate, Record<string, unknown>>>> = {
  busy: { error_code: '5', error_message: 'Busy' },
  'no answer': { error_code: '6', error_message: 'No Answer' },
  voice: { error_code: '7', error_message: 'Human Answer' },
  'bad number': { error_code: '3', error_message: 'Invalid Number' },
  partial: { error_code: '9', error_message: 'Communication Error' },
};

const user = '0b7f2f64-3b5c-4f8e-9a55-5d6c1d0f9f11';

/** eFax Enterprise REST: a token that ends, the user's id on every call, a list as the answer to one fax, an image whose
 *  reading marks it as read, and no webhook. */
export async function openEfaxRest(now: () => number): Promise<Far & { expire(): void }> {
  const desk = handOvers();
  const out = new Map<string, Record<string, unknown>>();
  const inbox = new Map<string, { record: Record<string, unknown>; file: Uint8Array }>();
  let token = 0;
  const errors = (code: string) => ({ errors: [{ error_code: code, user_message: code, developer_message: code }] });

  function post(body: Buffer): Reply {
    const job = JSON.parse(body.toString()) as {
      destinations: { fax_number: string }[];
      documents: { document_type: string; document_content: string }[];
      client_data: { client_reference_id: string };
    };
    if (desk.next() === 'refuses') return { status: 400, body: errors('invalid destination') };
    const fax_id = `0b7f2f64-0000-4000-8000-${String(desk.sent.length).padStart(12, '0')}`;
    const to = job.destinations[0]?.fax_number ?? '';
    if (desk.takes()) {
      const file = Buffer.from(job.documents[0]?.document_content ?? '', 'base64');
      const name = job.client_data.client_reference_id;
      desk.take({ id: fax_id, to, name }, file);
      const data = { transmission_status: 'IN PROGRESS' };
      out.set(fax_id, {
        fax_id,
        destination_fax_number: to,
        transmission_data: data,
        client_data: job.client_data,
        attempts: 1,
      });
    }
    return desk.trouble() ?? { status: 201, body: [{ fax_id, destination_fax_number: to }] };
  }

  function listed(all: readonly unknown[], headers: Request['headers']): Reply {
    const [from, most] = ['pagination-offset', 'pagination-limit'].map((name) => Number(headers[name]));
    const faxes = all.slice(from, (from ?? 0) + (most ?? 0));
    return { status: 200, body: { first_record: from, last_record: (from ?? 0) + faxes.length, faxes } };
  }

  function image(id: string): Reply {
    const found = inbox.get(id);
    if (!found) return { status: 404, body: errors('not found') };
    found.record['image_downloaded'] = true;
    const text = Buffer.from(found.file).toString('base64');
    return { status: 200, body: { fax_id: id, file_name: 'fax.tif', image: text } };
  }

  function signIn({ headers, body }: Request): Reply {
    const known = `Basic ${Buffer.from('app:key').toString('base64')}`;
    if (headers.authorization !== known || !body.toString().includes('grant_type=client_credentials'))
      return { status: 401, body: errors('invalid_client') };
    token += 1;
    return {
      status: 200,
      body: { access_token: `token${token}`, token_type: 'bearer', expires_in: 86_399, scope: 'read write' },
    };
  }

  function handle(request: Request): Reply {
    const { method, url, headers, body } = request;
    if (url.pathname === '/tokens') return signIn(request);
    if (headers.authorization !== `Bearer token${token}` || headers['user-id'] !== user)
      return { status: 401, body: errors('invalid token') };
    if (method === 'POST' && url.pathname === '/faxes') return post(body);
    if (url.pathname === '/faxes/sent') return listed([...out.values()], headers);
    if (url.pathname === '/faxes/received') {
      const wanted = url.searchParams.get('image_downloaded') === 'true';
      const records = [...inbox.values()].map(({ record }) => record);
      return listed(
        records.filter((record) => record['image_downloaded'] === wanted),
        headers,
      );
    }
    const [, id = '', what] = /^\/faxes\/([\w-]+)(?:\/(metadata|image))?$/.exec(url.pathname) ?? [];
    if (what === 'image') return image(id);
    if (method === 'DELETE') return { status: inbox.delete(id) ? 204 : 404, body: '' };
    const record = out.get(id) ?? inbox.get(id)?.record;
    return record ? { status: 200, body: record } : { status: 404, body: errors('not found') };
  }

  const server = await serving(handle);
  const account = { provider: 'efax', appId: 'app', apiKey: 'key', userId: user, baseUrl: server.url };
  return {
    account,
    stranger: { ...account, apiKey: 'wrong' },
    sent: desk.sent,
    number: '12125550123',
    fate: desk.fate,
    expire: () => void (token += 1),
    end(id) {
      const { fax, record } = over(desk.sent, out, id);
      const failure = failures[fax.fate];
      Object.assign(record, {
        transmission_data: { transmission_status: failure ? 'ERROR' : 'COMPLETED', ...failure },
        pages: 3,
        pages_sent: failure ? (fax.fate === 'partial' ? 1 : 0) : 3,
        completed_timestamp: new Date(now()).toISOString().replace('Z', '+0000'),
      });
      return null;
    },
    receive({ id, from, to, file }) {
      const record = {
        ...{ fax_id: id, pages: 1, image_downloaded: false, originating_fax_number: from.slice(1) },
        ...{ destination_fax_number: to.slice(1), originating_fax_tsid: 'FAR OFFICE' },
      };
      inbox.set(id, { record, file });
      return null;
    },
    holds: (id) => inbox.has(id),
    close: () => server.close(),
  };
}
