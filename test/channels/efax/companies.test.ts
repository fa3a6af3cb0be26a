import { describe, expect, test } from '@jest/globals';
import { phaxioSignature } from '../../../channels/efax/providers/phaxio.ts';
import { faxProviderContract } from '../../contract/fax-provider.ts';
import { channelHouse, faxTiff, never, ours, there } from './setup.ts';
import { openDocumo } from './companies/documo.ts';
import { openEfaxRest } from './companies/efax-rest.ts';
import { openEfaxXml } from './companies/efax-xml.ts';
import { openHylafax } from './companies/hylafax.ts';
import { openPhaxio } from './companies/phaxio.ts';
import { openSinch } from './companies/sinch.ts';
import { openSrfax } from './companies/srfax.ts';
import { openTelnyx } from './companies/telnyx.ts';

faxProviderContract('Telnyx', openTelnyx, { lists: true });
faxProviderContract('Sinch', openSinch, { lists: true });
faxProviderContract('SRFax', openSrfax, { lists: true });
faxProviderContract('Phaxio', openPhaxio, { lists: true });
faxProviderContract('Documo', openDocumo, { lists: false, keeps: true });
faxProviderContract('eFax Enterprise', openEfaxRest, { lists: true });
faxProviderContract('eFax Developer', openEfaxXml, { lists: false, keeps: true });
faxProviderContract('HylaFAX', openHylafax, { lists: true, unhurried: true });

describe('eFax Enterprise', () => {
  test('a token that the company forgot is renewed, and the fax goes out once', async () => {
    const clock = { at: Date.now() };
    const far = await openEfaxRest(() => clock.at);
    const house = await channelHouse(clock, { main: { ...far.account, from: ours, practice: 'maple' } });
    expect(await house.channel.check(never)).toEqual({ ok: true });
    far.expire();
    expect(await house.channel.send(house.parcel(), never)).toMatchObject({ kind: 'accepted' });
    clock.at += 2 * 86_400_000;
    expect(await house.channel.send(house.parcel(), never)).toMatchObject({ kind: 'accepted' });
    expect(far.sent).toHaveLength(2);
    await house.close();
    await far.close();
  });
});

describe('eFax Developer', () => {
  test('is told in its own words that a received fax is kept, and a stranger is told nothing', async () => {
    const clock = { at: Date.now() };
    const far = await openEfaxXml(() => clock.at);
    const house = await channelHouse(clock, { main: { ...far.account, from: ours, practice: 'maple' } });
    const ring = far.receive({ id: 'in1', from: there, to: ours, file: await faxTiff() }, '');
    const post = (body: string): Promise<Response> =>
      fetch(`${house.url}/webhooks/efax/main`, { method: 'POST', headers: ring!.headers, body });
    const kept = await post(String(ring!.body));
    expect([kept.status, await kept.text()]).toEqual([200, 'Post Successful']);
    const short = far.receive({ id: 'in2', from: there, to: ours, file: await faxTiff() }, '');
    await post(String(short!.body).replace('PageCount%3E1', 'PageCount%3E3'));
    expect((await post(String(ring!.body).replace('inbound+secret', 'guess'))).status).toBe(401);
    const bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><InboundPostRequest>&b;</InboundPostRequest>';
    expect((await post(new URLSearchParams({ xml: bomb }).toString())).status).toBe(401);
    expect(house.inbox.messages).toMatchObject([
      { origin: { from: there, details: { csid: 'FAR OFFICE' } } },
      { origin: { details: { remarks: 'the fax company counts 3 pages, but 1 came' } } },
    ]);
    await house.close();
    await far.close();
  });
});

describe('Phaxio’s signature', () => {
  const parts = [{ name: 'test', file: null, bytes: Buffer.from('true') }];
  test('is the one of its own test vector', () => {
    const signature = phaxioSignature('test-webhook-token', 'example.com', parts);
    expect(signature).toBe('64a735ef0c47a0ae671e381c046648f0966deb29');
  });
});
