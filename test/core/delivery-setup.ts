import type { Delivery, DeliveryEvent, DeliveryState, Route } from '../../src/core/delivery.ts';
import { lot } from '../../src/core/jitter.ts';
import type { AttemptId } from '../../src/core/message.ts';
import type { ReasonCode, Receipt } from '../../src/core/outcome.ts';

export const now = 1_000_000;
export const latest: AttemptId = 'att_2';
export const older: AttemptId = 'att_1';

export const fax: Route = {
  channel: 'efax',
  address: '+12125550123',
  proof: 'receipt',
  delays: [60_000, 120_000],
  receiptWithin: 600_000,
  onSilence: 'fallback',
  onDoubt: 'fallback',
};
export const direct: Route = { ...fax, channel: 'direct', address: 'a@b.example', proof: 'processed', delays: [] };
export const portal: Route = { ...fax, channel: 'portal', address: 'mail@c.example', proof: 'acceptance', delays: [] };

/** What the first wait of `dlv_1` on its first route comes to. */
export const drawn = Math.round(60_000 * lot('dlv_1 0 1'));

export const delivery = (changes: Partial<Delivery> = {}): Delivery => ({
  id: 'dlv_1',
  message: 'msg_1',
  practice: 'maple',
  recipient: { name: null, npi: null, phone: null, endpoints: [] },
  state: 'pending',
  routes: [fax, portal],
  rejected: [],
  route: 0,
  tries: 0,
  attempt: null,
  unresolved: [],
  processed: null,
  provenBy: null,
  dueAt: now,
  version: 1,
  ...changes,
});

export const inState = (state: DeliveryState, changes: Partial<Delivery> = {}): Delivery =>
  delivery({
    state,
    attempt: latest,
    tries: 1,
    dueAt: state === 'pending' || state === 'sending' || state === 'sent' ? now : null,
    ...changes,
  });

export const receipt = (kind: Receipt['kind'], attempt: AttemptId = latest, code?: ReasonCode): DeliveryEvent => ({
  type: 'receipt',
  receipt: { attempt, kind, reason: code ? { code, detail: 'test' } : null, evidence: null, at: now },
});
