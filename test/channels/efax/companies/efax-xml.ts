import { XMLParser } from 'fast-xml-parser';
import { handOvers, serving, type Far, type Fate, type Reply, type Request } from './company.ts';

const failures: Readonly<Partial<Record<Fate, string>>> = {
  busy: 'Busy',
  'no answer': 'No Answer',
  voice: 'Voice',
  'bad number': 'Invalid Number',
  partial: 'Line Error',
};

interface Said {
  readonly AccessControl: { readonly UserName: string; readonly Password: string };
  readonly Transmission: {
    readonly TransmissionControl: { readonly TransmissionID?: string; readonly DOCID?: string };
    readonly Recipients?: { readonly Recipient: { readonly RecipientFax: string } };
    readonly Files?: { readonly File: { readonly FileContents: string } };
  };
}

/** eFax Developer: forms with a document of XML, 200 whatever happened, values inside double quotes, received pages in
 *  the call itself with name and password in it. */
export async function openEfaxXml(now: () => number): Promise<Far> {
  const desk = handOvers();
  const waiting = new Set<string>();
  const parser = new XMLParser({ parseTagValue: false });
  const answer = (xml: string): Reply => ({ status: 200, headers: { 'content-type': 'text/xml' }, body: xml });

  const response = (id: string, code: '1' | '2', error = ''): Reply =>
    answer(`<?xml version="1.0"?><OutboundResponse><Transmission><TransmissionControl><TransmissionID/><DOCID>${id}</DOCID>
      </TransmissionControl><Response><StatusCode>${code}</StatusCode><StatusDescription>x</StatusDescription>${error}</Response>
      </Transmission></OutboundResponse>`);
  const failed = (level: string, message: string): Reply =>
    response('', '2', `<ErrorLevel>${level}</ErrorLevel><ErrorMessage>${message}</ErrorMessage>`);

  function post({ Transmission }: Said): Reply {
    if (desk.next() === 'refuses') return failed('User', 'Invalid RecipientFax');
    const id = `D${desk.sent.length + 1000}`;
    if (desk.takes()) {
      const to = Transmission.Recipients?.Recipient.RecipientFax ?? '';
      const file = Buffer.from(Transmission.Files?.File.FileContents ?? '', 'base64');
      const name = Transmission.TransmissionControl.TransmissionID ?? '';
      desk.take({ id, to, name }, file);
    }
    return desk.trouble() ?? response(id, '1');
  }

  function status({ Transmission }: Said): Reply {
    const fax = desk.sent.find(({ id }) => id === Transmission.TransmissionControl.DOCID);
    if (!fax) return answer('<OutboundStatusResponse><Transmission/></OutboundStatusResponse>');
    const failure = failures[fax.fate];
    const quoted = (text: string): string => `"${fax.over ? text : ''}"`;
    const pages = fax.fate === 'partial' ? 1 : failure ? 0 : 3;
    return answer(`<OutboundStatusResponse><Transmission><Recipients><Recipient><DOCID>${fax.id}</DOCID><Fax>${fax.to}</Fax>
      <Status><Message>x</Message><Classification>${quoted(failure ?? 'Success')}</Classification>
      <Outcome>${quoted(failure ? 'Failure' : 'Success')}</Outcome></Status>
      <Pages><Scheduled>3</Scheduled><Sent>${pages}</Sent></Pages><Retries>0</Retries></Recipient></Recipients>
      </Transmission></OutboundStatusResponse>`);
  }

  function handle({ url, body }: Request): Reply {
    const form = new URLSearchParams(body.toString());
    const known = url.pathname === '/EFax_WebFax.serv' && form.get('id') === '8005550100';
    const said = parser.parse(form.get('xml') ?? '') as Record<string, Said | undefined>;
    const job = said['OutboundRequest'] ?? said['OutboundStatus'];
    if (!known || job?.AccessControl.Password !== 'secret') return failed('User', 'Invalid UserName or Password');
    return said['OutboundRequest'] ? post(job) : status(job);
  }

  const server = await serving(handle);
  const account = {
    provider: 'efax-developer',
    accountId: '8005550100',
    user: 'loopgate',
    password: 'secret',
    inbound: { user: 'efax', password: 'inbound secret' },
    baseUrl: server.url,
  };
  return {
    account,
    stranger: { ...account, password: 'wrong' },
    sent: desk.sent,
    number: '12125550123',
    fate: desk.fate,
    end(id) {
      const fax = desk.sent.find((each) => each.id === id);
      if (!fax) throw new Error(`no fax ${id}`);
      fax.over = true;
      return null;
    },
    receive({ id, from, to, file }) {
      waiting.add(id);
      const received = new Date(now()).toISOString();
      const xml = `<?xml version="1.0"?><InboundPostRequest><AccessControl><UserName>efax</UserName><Password>inbound secret</Password>
        </AccessControl><RequestControl><RequestDate>${received}</RequestDate><RequestType>New Inbound</RequestType></RequestControl>
        <FaxControl><AccountID>${to.slice(2)}</AccountID><FaxName>fax</FaxName><FileType>tif</FileType><PageCount>1</PageCount>
        <CSID>FAR OFFICE</CSID><ANI>${from.slice(2)}</ANI><Status>0</Status><MCFID>${id}</MCFID>
        <FileContents>${Buffer.from(file).toString('base64')}</FileContents></FaxControl></InboundPostRequest>`;
      return {
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ xml }).toString(),
      };
    },
    holds: (id) => waiting.has(id),
    close: () => server.close(),
  };
}
