import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Channel, LinkCarrier, Parcel } from '../../../src/core/channel.ts';
import { secretOf, spelt, type Link } from '../../../src/core/link.ts';
import { accepted } from '../../../src/core/outcome.ts';
import { anyParcel, openPortal, telnyx } from './setup.ts';

/** A link on a page by fax: what the portal leaves to its carrier, and what it keeps to itself. Nobody listens where its
 *  mail would go. */

const at = Date.UTC(2026, 10, 23);
const never = new AbortController().signal;
const mail = { host: '127.0.0.1', port: 1, from: 'links@riverside.example', tls: 'none' };
let published: Omit<Link, 'delivery'>[];
let carried: Parcel[];
beforeEach(() => {
  published = [];
  carried = [];
});

const line: LinkCarrier = {
  name: 'efax',
  objection: ({ address }) => (address.endsWith('911') ? 'a special number' : null),
  send: (parcel) => {
    carried.push(parcel);
    return Promise.resolve(accepted('fax-1'));
  },
};
const open = (settings: object): Promise<Channel> =>
  openPortal({ mail, ...settings }, { now: () => at, publish: (link) => published.push(link), carrier: line });
const toFax = (over: Partial<Parcel> = {}): Parcel =>
  anyParcel({ endpoint: { channel: 'portal', address: 'fax:+12127365000' }, ...over });

test('is published with letters that can be typed, and handed to its carrier as it is', async () => {
  const channel = await open({ fax: true });
  const parcel = toFax();
  expect(await channel.send(parcel, never)).toEqual({ kind: 'accepted', reference: 'fax-1' });
  expect(carried).toEqual([parcel]);
  expect(published[0]?.secret).toMatch(/^[0-9A-HJKMNP-TV-Z]{20}$/);
  expect(channel.carried?.(parcel.endpoint)).toEqual({ channel: 'efax', address: '+12127365000' });
  expect(channel.carried?.({ channel: 'portal', address: 'desk@far.example' })).toBeNull();
});

test('its code goes nowhere by itself, and nobody is rung again to be reminded', async () => {
  const company = await telnyx(200);
  const channel = await open({ fax: true, sms: { baseUrl: company.url, apiKey: 'K', from: '+12125550100' } });
  const recipient = { name: null, npi: null, phone: '+12127365000', endpoints: [] };
  await channel.send(toFax({ recipient }), never);
  expect(company.asked).toEqual([]);
  expect(published[0]?.remindAt).toBeUndefined();
  await company.close();
});

describe('an address with a fax', () => {
  test('is one only where the settings say so, and its number is judged by the carrier', async () => {
    const [on, off] = [await open({ fax: true }), await open({})];
    const forms = ['fax:+12127365000', 'fax:12127365000', 'fax:+12127365000x', '+12127365000', 'a@b.example'];
    expect(forms.map((each) => on.capabilities.address.test(each))).toEqual([true, false, false, false, true]);
    expect(off.capabilities.address.test('fax:+12127365000')).toBe(false);
    expect(on.objection?.({ channel: 'portal', address: 'fax:+12127360911' })).toBe('a special number');
    expect(await off.send(toFax(), never)).toMatchObject({ kind: 'refused', reason: { code: 'unsupported' } });
    expect([carried, published]).toEqual([[], []]);
  });
});

test('what is typed off paper finds its link, however it is typed; other secrets are left as they are', () => {
  const secret = '7K3M9QPX2HTWB4DN01Z2';
  expect(spelt(secret)).toBe('7K3M-9QPX-2HTW-B4DN-01Z2');
  for (const typed of [spelt(secret), secret.toLowerCase(), '7k3m-9qpx2htw-b4dn-oiz2', '7K3M9QPX2HTWB4DNOLZ2'])
    expect(secretOf(typed)).toBe(secret);
  const mailed = 'lI0o-_'.repeat(7) + 'x';
  expect([spelt(mailed), secretOf(mailed)]).toEqual([mailed, mailed]);
});
