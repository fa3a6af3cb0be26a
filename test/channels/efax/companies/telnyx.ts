import { startFaxCompany, type Behaviour } from '../../../../demo/fax-company.ts';
import { apiKey, event, until } from '../setup.ts';
import type { Far, Fate, Ring, Sent } from './company.ts';

const behaviours: Readonly<Partial<Record<Fate, Behaviour>>> = {
  // Delivered; told by the ring that the suite asks for.
  ok: 'silent',
  voice: 'not a fax',
  'bad number': 'invalid number',
  refuses: 'rejects',
};

/** Telnyx, as the demo plays it: it fetches the pages itself, once it took the fax. */
export async function openTelnyx(now: () => number): Promise<Far> {
  const connectionId = '1234567890';
  const company = await startFaxCompany({ apiKey, connectionId, pace: 1, retryDelays: [5, 5], now });
  company.behave('default', 'silent');
  const fateOf = new Map<string, Fate>();
  const received = new Map<string, string>();
  let next: Fate = 'ok';

  const sent = (): Sent[] =>
    company.faxes
      .filter(({ direction }) => direction === 'outbound')
      .map((fax) => {
        if (!fateOf.has(fax.id)) fateOf.set(fax.id, next);
        const line = company.ledger.find((each) => each.fax === fax.id);
        return {
          id: fax.id,
          to: fax.to,
          name: fax.client_state ?? '',
          sha256: line?.sha256 ?? '',
          fate: fateOf.get(fax.id) ?? 'ok',
          over: ['delivered', 'failed'].includes(fax.status),
        };
      });

  function ring(type: string, payload: Record<string, unknown>): Ring {
    const body = JSON.stringify(event(type, payload));
    return { headers: company.sign(body, now()), body };
  }

  const account = {
    provider: 'telnyx',
    apiKey,
    connectionId,
    publicKey: company.publicKey,
    baseUrl: company.url,
  };
  return {
    account,
    stranger: { ...account, apiKey: 'KEY9999' },
    mediaHosts: [company.mediaHost],
    get sent() {
      return sent();
    },
    number: '+12125550123',
    fate(fate) {
      sent();
      next = fate;
      company.behave('default', behaviours[fate] ?? (fate as Behaviour));
    },
    async end(id) {
      const fax = await until('the call is over', () => {
        const each = company.faxes.find((one) => one.id === id);
        return each && ['delivered', 'failed'].includes(each.status) ? each : null;
      });
      const { status, client_state, failure_reason } = fax;
      const part = fateOf.get(id) === 'partial' ? { page_count: 1, partial_content: true } : {};
      return ring(`fax.${status}`, { fax_id: id, status, client_state, failure_reason, ...part });
    },
    receive({ id, from, to, file }) {
      void company.receive({ from, to, file });
      const fax = company.faxes.at(-1);
      if (!fax) throw new Error('the company has no such fax');
      received.set(id, fax.id);
      const { direction, media_url } = fax;
      return ring('fax.received', { fax_id: fax.id, direction, from, to, media_url, page_count: 1 });
    },
    holds: (id) => company.faxes.some((fax) => fax.id === received.get(id)),
    close: () => company.close(),
  };
}
