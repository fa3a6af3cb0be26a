import { handOvers, over, serving, type Far, type Fate, type Reply, type Request } from './company.ts';

const failures: Readonly<Partial<Record<Fate, { ErrorCode: string; Pages?: string }>>> = {
  busy: { ErrorCode: 'Busy' },
  'no answer': { ErrorCode: 'No Answer' },
  voice: { ErrorCode: 'No Remote Fax' },
  'bad number': { ErrorCode: 'Invalid Number' },
  partial: { ErrorCode: 'No Remote Fax', Pages: '1' },
};

const good = (Result: unknown): Reply => ({ status: 200, body: { Status: 'Success', Result } });
const bad = (Result: string): Reply => ({ status: 200, body: { Status: 'Failed', Result } });

/** SRFax: everything is HTTP 200, numbers are texts, one record is not a list of one, and none an empty text. */
export async function openSrfax(now: () => number): Promise<Far> {
  const desk = handOvers();
  const outbox = new Map<string, Record<string, string>>();
  const inbox = new Map<string, Record<string, string>>();
  const files = new Map<string, Uint8Array>();

  function queue(form: URLSearchParams): Reply {
    if (desk.next() === 'refuses') return bad('Invalid fax number');
    const id = String(900_000 + desk.sent.length);
    if (desk.takes()) {
      const file = Buffer.from(form.get('sFileContent_1') ?? '', 'base64');
      const [to, name] = [form.get('sToFaxNumber') ?? '', form.get('sAccountCode') ?? ''];
      desk.take({ id, to, name }, file);
      outbox.set(id, {
        FileName: `fax|${id}`,
        SentStatus: 'In Progress',
        DateSent: '',
        EpochTime: '',
        ToFaxNumber: to,
        Pages: '',
        AccountCode: name,
        ErrorCode: '',
      });
    }
    return desk.trouble() ?? good(id);
  }

  const listed = (rows: readonly Record<string, string>[]): Reply =>
    good(rows.length === 0 ? '' : rows.length === 1 ? rows[0] : rows);

  function handle({ body }: Request): Reply {
    const form = new URLSearchParams(body.toString());
    if (form.get('access_pwd') !== 'secret') return bad('Invalid Access Code / Password');
    const file = form.get('sFaxFileName') ?? form.get('sFaxFileName_1') ?? '';
    switch (form.get('action') ?? '') {
      case 'Queue_Fax':
        return queue(form);
      case 'Get_Fax_Usage':
        return good([]);
      case 'Get_FaxStatus': {
        const row = outbox.get(form.get('sFaxDetailsID') ?? '');
        return row ? good(row) : bad('FaxDetailsID Not Found');
      }
      case 'Get_Fax_Outbox':
        return listed([...outbox.values()]);
      case 'Get_Fax_Inbox':
        return listed([...inbox.values()]);
      case 'Retrieve_Fax':
        return files.has(file) ? good(Buffer.from(files.get(file) ?? []).toString('base64')) : bad('File not found');
      case 'Delete_Fax':
        inbox.delete(file);
        return files.delete(file) ? good('') : bad('File not found');
      default:
        return bad('Unknown action');
    }
  }

  const server = await serving(handle);
  const account = {
    provider: 'srfax',
    accessId: '12345',
    accessPassword: 'secret',
    senderEmail: 'fax@clinic.example',
    baseUrl: server.url,
  };
  return {
    account,
    stranger: { ...account, accessPassword: 'wrong' },
    sent: desk.sent,
    number: '12125550123',
    fate: desk.fate,
    end(id) {
      const { fax, record: row } = over(desk.sent, outbox, id);
      const failure = failures[fax.fate];
      Object.assign(row, {
        SentStatus: failure ? 'Failed' : 'Sent',
        Pages: failure ? '0' : '3',
        EpochTime: String(Math.floor(now() / 1000)),
        ...failure,
      });
      return null;
    },
    receive({ id, from, to, file }) {
      const FileName = `20261127-${id}|${7_000 + inbox.size}`;
      inbox.set(FileName, {
        FileName,
        ReceiveStatus: 'Ok',
        CallerID: from.slice(2),
        RemoteID: 'FAR OFFICE',
        Pages: '1',
        ViewedStatus: 'N',
        User_FaxNumber: to.slice(1),
      });
      files.set(FileName, file);
      return null;
    },
    holds: (id) => [...files.keys()].some((name) => name.includes(id)),
    close: () => server.close(),
  };
}
