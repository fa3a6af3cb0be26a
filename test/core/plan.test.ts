import { describe, expect, test } from '@jest/globals';
import type { Endpoint, Recipient } from '../../src/core/message.ts';
import { plan, type Candidate, type Load, type Policy, type RejectedBecause } from '../../src/core/plan.ts';

const minute = 60_000;
const candidate = (name: string, address: RegExp, changes: Partial<Candidate['capabilities']> = {}): Candidate => ({
  name,
  capabilities: {
    address,
    mediaTypes: ['application/pdf', 'image/tiff'],
    maxBytes: 1_000_000,
    proof: 'receipt',
    cost: 1,
    width: 1,
    ...changes,
  },
  healthy: true,
  patience: { delays: [minute, 5 * minute, 20 * minute], receiptWithin: 60 * minute, onSilence: 'fallback' },
});
const direct = candidate('direct', /@/);
const efax = candidate('efax', /^\+\d+$/);
const portal = candidate('portal', /@/, { proof: 'acceptance' });
const all = [direct, efax, portal];

const mail: Endpoint = { channel: 'direct', address: 'cardio@direct.example' };
const number: Endpoint = { channel: 'efax', address: '+12125550123' };
const link: Endpoint = { channel: 'portal', address: 'desk@clinic.example' };
const to = (...endpoints: Endpoint[]): Recipient => ({ name: 'Cardiology', npi: null, phone: null, endpoints });

const policy: Policy = {
  version: 'v1',
  order: { routine: ['direct', 'efax', 'portal'], urgent: ['efax', 'direct'], stat: ['efax'] },
};
const load = (changes: Partial<Load> = {}): Load => ({
  urgency: 'routine',
  mediaTypes: ['application/pdf'],
  bytes: 1000,
  timeToDeadline: 24 * 60 * minute,
  ...changes,
});
const chosen = (recipient: Recipient, changes: Partial<Load> = {}, candidates = all): string[] =>
  plan(recipient, load(changes), candidates, policy).routes.map((route) => route.address);

describe('a plan', () => {
  test('follows the policy for the urgency', () => {
    expect(chosen(to(link, number, mail))).toEqual([mail.address, number.address, link.address]);
    expect(chosen(to(mail, number), { urgency: 'urgent' })).toEqual([number.address, mail.address]);
    expect(chosen(to(mail, number), { urgency: 'stat' })).toEqual([number.address]);
  });

  test("keeps the recipient's own order within a channel", () => {
    const second = { ...number, address: '+12125550124' };
    expect(chosen(to(second, number))).toEqual([second.address, number.address]);
  });

  test('calls for a link as its carrier calls, by each of its accounts, and waits for the opening as its own channel does', () => {
    const ring = { busy: [minute] };
    const by: Candidate = { ...efax, ways: ['main', 'spare'], patience: { ...efax.patience, waits: ring } };
    const patient = { delays: [], receiptWithin: 72 * 60 * minute, onSilence: 'hold' as const };
    const carried = ({ address }: Endpoint) => (address.startsWith('fax:') ? { by, number: address.slice(4) } : null);
    const links: Candidate = {
      ...portal,
      patience: patient,
      carried,
      capabilities: { ...portal.capabilities, proof: 'receipt' },
    };
    const dialling = { ...by, capabilities: { ...by.capabilities, dials: { confirmFirst: false } } };
    const page = { channel: 'portal', address: 'fax:+12125550123' };
    const there = { ...links, capabilities: { ...links.capabilities, address: /./ } };
    const weigh = (carrier: Candidate | undefined) =>
      plan(
        to(page),
        load(),
        [{ ...there, carried: (each) => carried(each) && { by: carrier, number: '+12125550123' } }],
        policy,
      );
    const { routes } = weigh(dialling);
    expect(routes.map(({ via }) => via)).toEqual(['main', 'spare']);
    expect(routes[0]).toMatchObject({
      ...page,
      ...{ rings: true, number: '+12125550123', proof: 'receipt', receiptWithin: 60 * minute, waits: ring },
      opening: { within: 12 * 60 * minute, onSilence: 'hold' },
    });
    expect(weigh(undefined).rejected).toEqual([{ ...page, reason: 'channel is off' }]);
  });

  const rejections: readonly (readonly [RejectedBecause, Endpoint, Partial<Load>, readonly Candidate[]])[] = [
    ['channel is off', number, {}, [direct, portal]],
    ['not in the policy', link, { urgency: 'urgent' }, all],
    ['not an address of this channel', { channel: 'efax', address: 'front desk' }, {}, all],
    ['file type not carried', number, { mediaTypes: ['application/pdf', 'video/mp4'] }, all],
    ['too large', number, { bytes: 1_000_001 }, all],
    ['channel is unhealthy', number, {}, [direct, { ...efax, healthy: false }, portal]],
  ];
  test.each(rejections)('says "%s" of what it leaves out', (reason, endpoint, changes, candidates) => {
    const made = plan(to(mail, endpoint), load({ urgency: 'routine', ...changes }), candidates, policy);
    expect(made.rejected).toContainEqual({ ...endpoint, reason });
    expect(made.routes.map((route) => route.address)).not.toContain(endpoint.address);
  });

  test('uses one address once', () => {
    const made = plan(to(mail, { ...mail, address: 'CARDIO@direct.example' }), load(), all, policy);
    expect(made.routes).toHaveLength(1);
    expect(made.rejected).toEqual([{ channel: 'direct', address: 'CARDIO@direct.example', reason: 'named twice' }]);
  });

  test('takes an unhealthy channel when there is no other', () => {
    expect(chosen(to(number), {}, [{ ...efax, healthy: false }])).toEqual([number.address]);
  });

  test('leaves every route its share of the time before the deadline', () => {
    const { routes } = plan(to(mail, number, link), load({ timeToDeadline: 30 * minute }), all, policy);
    expect(routes.map((route) => route.receiptWithin)).toEqual([10 * minute, 10 * minute, 10 * minute]);
    expect(routes[0]?.delays).toEqual([minute, 5 * minute]);
  });

  test('is empty, with its reasons, when nothing fits', () => {
    expect(plan(to(), load(), all, policy)).toEqual({ routes: [], rejected: [] });
  });
});
