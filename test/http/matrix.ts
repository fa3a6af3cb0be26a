import type { Right, Role } from '../../src/core/role.ts';
import { form, post } from './house.ts';

/** Which roles each right is for: written down a second time, so that nobody widens a role by the way. */
export const holders: Readonly<Record<Right, readonly Role[]>> = {
  log: ['sender', 'intake', 'ops', 'practice-admin', 'system-admin', 'auditor', 'api-client'],
  content: ['sender', 'intake', 'practice-admin', 'system-admin', 'api-client'],
  send: ['sender', 'practice-admin', 'system-admin', 'api-client'],
  decide: ['sender', 'ops', 'practice-admin', 'system-admin'],
  intake: ['intake', 'practice-admin', 'system-admin'],
  refer: ['sender', 'intake', 'practice-admin', 'system-admin', 'api-client'],
  quarantine: ['ops', 'system-admin'],
  audit: ['practice-admin', 'system-admin', 'auditor'],
  people: ['practice-admin', 'system-admin'],
  emergency: ['ops', 'system-admin'],
  operate: ['system-admin'],
};

/** Things that a practice has: a row asks for one by its name in braces. */
export interface Belongings {
  readonly message: string;
  readonly referral: string;
  readonly delivery: string;
  readonly document: string;
  readonly page: string;
  readonly entry: string;
  readonly misdirection: string;
  readonly recipient: string;
  readonly lesson: string;
  readonly user: string;
  readonly session: string;
  readonly key: string;
  readonly emergency: string;
}

export interface Row {
  /** `public`: nobody needs to be anybody. `anyone`: whoever is signed in. */
  readonly needs: Right | 'public' | 'anyone';
  /** What is asked, where that is not the route itself. */
  readonly ask?: string;
  readonly init?: () => RequestInit;
  /** It would be gone for the roles after this one: only strangers ask for it, its own practice for what is not there. */
  readonly gone?: true;
  /** Of these only who is there for all practices: here, the system administrator. */
  readonly everywhere?: true;
  /** An answer that never ends. */
  readonly stream?: true;
}

const clinic = { name: 'Clinic', endpoints: [{ channel: 'efax', address: '+13122000000' }] };
const word = (): RequestInit => post({ reason: 'phoned them' });

/** Every route there is. The test fails when one has no row here. */
export const matrix: Readonly<Record<string, Row>> = {
  'GET /healthz': { needs: 'public' },
  'GET /readyz': { needs: 'public' },
  'ALL /webhooks/:channel/:account/*': { needs: 'public' },
  'GET /portal/*': { needs: 'public' },
  'GET /portal/:token{(?:[A-Za-z0-9_-]{43}|[A-Za-z0-9-]{20,30})}': { needs: 'public' },
  'POST /portal/:token{(?:[A-Za-z0-9_-]{43}|[A-Za-z0-9-]{20,30})}': { needs: 'public' },
  'POST /portal/:token{(?:[A-Za-z0-9_-]{43}|[A-Za-z0-9-]{20,30})}/answer': { needs: 'public' },
  'POST /portal/:token{(?:[A-Za-z0-9_-]{43}|[A-Za-z0-9-]{20,30})}/report': { needs: 'public' },
  'GET /portal/:token{(?:[A-Za-z0-9_-]{43}|[A-Za-z0-9-]{20,30})}/documents/:id': { needs: 'public' },
  'GET /portal/:token{(?:[A-Za-z0-9_-]{43}|[A-Za-z0-9-]{20,30})}/documents/:id/pages/:page{[1-9][0-9]{0,5}\\.png}': {
    needs: 'public',
  },
  'GET /openapi.json': { needs: 'public' },
  'GET /': { needs: 'public' },
  'POST /api/v1/session': { needs: 'public' },
  'GET /api/v1/sign-in': { needs: 'public' },
  'POST /api/v1/session/code': { needs: 'public' },
  'POST /api/v1/session/passkey/options': { needs: 'public' },
  'POST /api/v1/session/passkey': { needs: 'public' },
  'GET /api/v1/session/oidc': { needs: 'public' },
  'GET /api/v1/session/oidc/callback': { needs: 'public' },

  'GET /api/v1/session': { needs: 'anyone' },
  'DELETE /api/v1/session': { needs: 'anyone', init: () => ({ method: 'DELETE' }) },
  'POST /api/v1/referrals': { needs: 'send', init: () => ({ method: 'POST', body: form() }) },
  'POST /api/v1/referrals/preview': { needs: 'send', init: () => ({ method: 'POST', body: form() }) },
  'GET /api/v1/practices': { needs: 'people' },
  'GET /api/v1/practices/:id/cover.png': { needs: 'log', ask: '/api/v1/practices/main/cover.png' },
  'GET /api/v1/referrals': { needs: 'content' },
  'GET /api/v1/referrals/:id': { needs: 'content', ask: '/api/v1/referrals/{referral}' },
  'POST /api/v1/referrals/:id/status': {
    needs: 'refer',
    ask: '/api/v1/referrals/{referral}/status',
    init: () => post({ to: 'closed', evidence: 'phoned them' }),
  },
  'GET /api/v1/messages/:id': { needs: 'log', ask: '/api/v1/messages/{message}' },
  'GET /api/v1/deliveries': { needs: 'log', ask: '/api/v1/deliveries?practice=main' },
  'GET /api/v1/deliveries.csv': { needs: 'log', ask: '/api/v1/deliveries.csv?practice=main' },
  'POST /api/v1/deliveries/search': {
    needs: 'log',
    init: () => post({ practice: 'main' }),
    ask: '/api/v1/deliveries/search',
  },
  'POST /api/v1/deliveries/plan': { needs: 'decide', init: () => post({ verb: 'hold', ids: [] }) },
  'POST /api/v1/deliveries/bulk': {
    needs: 'decide',
    init: () => post({ verb: 'hold', reason: 'phoned them', items: [{ id: 'dlv_0', version: 1 }] }),
  },
  'POST /api/v1/deliveries/:id/link/revoke': {
    needs: 'decide',
    ask: '/api/v1/deliveries/{delivery}/link/revoke',
    init: word,
  },
  'GET /api/v1/overview': { needs: 'log' },
  'GET /api/v1/worklist': { needs: 'log', ask: '/api/v1/worklist?kind=held' },
  'POST /api/v1/worklist/:subject': {
    needs: 'decide',
    ask: '/api/v1/worklist/{delivery}',
    init: () => post({ version: 0, owner: 'me' }),
  },
  'POST /api/v1/deliveries/:id/misdirected': {
    needs: 'decide',
    ask: '/api/v1/deliveries/{delivery}/misdirected',
    init: () => post({ reporter: 'the shop there', assurance: 'destroyed', reason: 'they phoned' }),
  },
  'GET /api/v1/misdirections': { needs: 'content' },
  'GET /api/v1/misdirections/:id/letter.pdf': {
    needs: 'content',
    ask: '/api/v1/misdirections/{misdirection}/letter.pdf?to=holder',
  },
  'GET /api/v1/numbers': { needs: 'log' },
  'POST /api/v1/numbers/:verb': {
    needs: 'decide',
    ask: '/api/v1/numbers/confirm?practice=main',
    init: () => post({ number: '+12125550123', reason: 'phoned them' }),
  },
  'GET /api/v1/recipients': { needs: 'log' },
  'GET /api/v1/recipients/:id': { needs: 'log', ask: '/api/v1/recipients/{recipient}' },
  'PUT /api/v1/recipients': { needs: 'send', ask: '/api/v1/recipients?practice=main', init: () => post(clinic, 'PUT') },
  'PUT /api/v1/recipients/:id': {
    needs: 'send',
    ask: '/api/v1/recipients/{recipient}',
    init: () => post(clinic, 'PUT'),
  },
  'DELETE /api/v1/recipients/:id': {
    needs: 'send',
    gone: true,
    ask: '/api/v1/recipients/{recipient}',
    init: () => ({ method: 'DELETE' }),
  },
  'GET /api/v1/deliveries/:id/explain': { needs: 'log', ask: '/api/v1/deliveries/{delivery}/explain' },
  'POST /api/v1/deliveries/:id/:verb': { needs: 'decide', ask: '/api/v1/deliveries/{delivery}/hold', init: word },
  'GET /api/v1/documents/:id': { needs: 'content', ask: '/api/v1/documents/{document}' },
  'GET /api/v1/documents/:id/view': { needs: 'content', ask: '/api/v1/documents/{document}/view' },
  'GET /api/v1/documents/:id/pages/:page': { needs: 'content', ask: '/api/v1/documents/{page}/pages/1.png' },
  'GET /api/v1/events': { needs: 'log' },
  'GET /api/v1/events/stream': { needs: 'log', stream: true },
  'GET /api/v1/intake': { needs: 'intake' },
  'GET /api/v1/intake/:id': { needs: 'intake', ask: '/api/v1/intake/{entry}' },
  'POST /api/v1/intake/:id/accept': {
    needs: 'intake',
    ask: '/api/v1/intake/{entry}/accept',
    init: () => post({ corrections: { 'patient.name': 'A B' } }),
  },
  'POST /api/v1/intake/:id/undo': {
    needs: 'intake',
    ask: '/api/v1/intake/{entry}/undo',
    init: () => ({ method: 'POST' }),
  },
  'POST /api/v1/intake/:id/reject': { needs: 'intake', ask: '/api/v1/intake/{entry}/reject', init: word },
  'POST /api/v1/intake/:id/answer': {
    needs: 'intake',
    ask: '/api/v1/intake/{entry}/answer',
    init: () => post({ page: 0, kind: 'received' }),
  },
  'POST /api/v1/intake/:id/assign': {
    needs: 'intake',
    ask: '/api/v1/intake/{entry}/assign',
    init: () => post({ version: 1, pages: [0], part: null }),
  },
  'POST /api/v1/intake/:id/split': {
    needs: 'intake',
    ask: '/api/v1/intake/{entry}/split',
    init: () => post({ version: 1, pages: [0] }),
  },
  'POST /api/v1/intake/:id/merge': {
    needs: 'intake',
    ask: '/api/v1/intake/{entry}/merge',
    init: () => post({ version: 1, parts: [0, 1] }),
  },
  'POST /api/v1/intake/:id/turn': {
    needs: 'intake',
    ask: '/api/v1/intake/{entry}/turn',
    init: () => post({ version: 1, pages: [0], turn: 90 }),
  },
  'POST /api/v1/intake/:id/order': {
    needs: 'intake',
    ask: '/api/v1/intake/{entry}/order',
    init: () => post({ version: 1, pages: [0] }),
  },
  'POST /api/v1/intake/:id/ask': {
    needs: 'intake',
    ask: '/api/v1/intake/{entry}/ask',
    init: () => post({ fields: ['patient.phone'] }),
  },
  'GET /api/v1/lessons': { needs: 'intake' },
  'DELETE /api/v1/lessons/:id': {
    needs: 'intake',
    gone: true,
    ask: '/api/v1/lessons/{lesson}',
    init: () => ({ method: 'DELETE' }),
  },
  'GET /api/v1/deliveries/:id/receipt': { needs: 'log', ask: '/api/v1/deliveries/{delivery}/receipt' },
  'GET /api/v1/audit': { needs: 'audit' },
  'POST /api/v1/session/extend': { needs: 'anyone', init: () => ({ method: 'POST' }) },
  'POST /api/v1/session/password': { needs: 'anyone', init: () => post({ current: 'x', next: 'y' }) },
  'GET /api/v1/sessions': { needs: 'anyone' },
  'GET /api/v1/factors': { needs: 'anyone' },
  'POST /api/v1/factors/totp': { needs: 'anyone', init: () => ({ method: 'POST' }) },
  'POST /api/v1/factors/totp/confirm': { needs: 'anyone', init: () => post({ label: 'phone', code: '000000' }) },
  'POST /api/v1/factors/passkey': { needs: 'anyone', init: () => ({ method: 'POST' }) },
  'POST /api/v1/factors/passkey/confirm': {
    needs: 'anyone',
    init: () => post({ label: 'phone', response: { id: 'x' } }),
  },
  'DELETE /api/v1/factors/:id': { needs: 'anyone', ask: '/api/v1/factors/x', init: () => ({ method: 'DELETE' }) },
  'POST /api/v1/factors/recovery-codes': { needs: 'anyone', init: () => ({ method: 'POST' }) },
  'POST /api/v1/session/emergency': {
    needs: 'emergency',
    init: () => post({ practice: 'main', reason: 'the only one here tonight' }),
  },
  'DELETE /api/v1/session/emergency': { needs: 'anyone', init: () => ({ method: 'DELETE' }) },
  'GET /api/v1/emergencies': { needs: 'people' },
  'POST /api/v1/emergencies/:id/review': {
    needs: 'people',
    ask: '/api/v1/emergencies/{emergency}/review',
    init: () => post({ finding: 'it was what it said' }),
  },
  'DELETE /api/v1/users/:name/factors': {
    needs: 'people',
    ask: '/api/v1/users/{user}/factors',
    init: () => ({ method: 'DELETE' }),
  },
  'DELETE /api/v1/sessions/:id': {
    needs: 'anyone',
    gone: true,
    ask: '/api/v1/sessions/{session}',
    init: () => ({ method: 'DELETE' }),
  },
  'GET /api/v1/users': { needs: 'people' },
  'POST /api/v1/users': { needs: 'people', init: () => post({ name: 'zoe', role: 'ops', practice: 'main' }) },
  'POST /api/v1/users/:name': { needs: 'people', ask: '/api/v1/users/{user}', init: () => post({ role: 'intake' }) },
  'POST /api/v1/users/:name/password': {
    needs: 'people',
    ask: '/api/v1/users/{user}/password',
    init: () => ({ method: 'POST' }),
  },
  'GET /api/v1/keys': { needs: 'people' },
  'POST /api/v1/keys': { needs: 'people', init: () => post({ label: 'more', role: 'ops', practice: 'main' }) },
  'DELETE /api/v1/keys/:id': { needs: 'people', ask: '/api/v1/keys/{key}', init: () => ({ method: 'DELETE' }) },
  'GET /api/v1/audit/checkpoints': { needs: 'audit' },
  'POST /api/v1/audit/checkpoints': { needs: 'operate', init: () => ({ method: 'POST' }) },
  'GET /api/v1/channels': { needs: 'log' },
  'GET /api/v1/quarantine': { needs: 'quarantine' },
  'GET /api/v1/hold': { needs: 'log' },
  'GET /api/v1/trust': { needs: 'log', everywhere: true },
  'GET /api/v1/dead-letters': { needs: 'log' },
  'POST /api/v1/dead-letters/:stage/:subject/retry': {
    needs: 'decide',
    everywhere: true,
    ask: '/api/v1/dead-letters/deliver/{delivery}/retry',
    init: word,
  },
  'POST /api/v1/dead-letters/:stage/:subject/set-aside': {
    needs: 'decide',
    everywhere: true,
    ask: '/api/v1/dead-letters/deliver/{delivery}/set-aside',
    init: word,
  },
  'GET /api/v1/channels/:place/lane': {
    needs: 'decide',
    everywhere: true,
    ask: '/api/v1/channels/direct/lane?of=far.example',
  },
  'POST /api/v1/channels/:place/pause': {
    needs: 'decide',
    everywhere: true,
    ask: '/api/v1/channels/efax/pause',
    init: () => post({ reason: 'the company is down', until: '2030-01-01T00:00:00Z' }),
  },
  'POST /api/v1/channels/:place/resume': {
    needs: 'decide',
    everywhere: true,
    ask: '/api/v1/channels/efax/resume',
    init: word,
  },
  'POST /api/v1/resume': { needs: 'operate', init: word },
  'POST /api/v1/reload': { needs: 'operate', init: () => ({ method: 'POST' }) },
};
