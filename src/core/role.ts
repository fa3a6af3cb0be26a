/** `log`: deliveries without content. `content`: what messages say. `quarantine`: what was turned away, and why; its
 *  originals need `content` as well. `audit`: who did what. `people`: users, their sessions, and API keys. `emergency`: content for an hour,
 *  for a reason that others review. `operate`:
 *  the gateway itself; all of its practices must be the caller's. */
export const rights = [
  'log',
  'content',
  'send',
  'decide',
  'intake',
  'refer',
  'quarantine',
  'audit',
  'people',
  'emergency',
  'operate',
] as const;

export type Right = (typeof rights)[number];

export const roles = ['sender', 'intake', 'ops', 'practice-admin', 'system-admin', 'auditor', 'api-client'] as const;

export type Role = (typeof roles)[number];

/** 45 CFR 164.312(a)(1): each role as little as its work needs. Whoever keeps things running reads no content. */
const granted: Readonly<Record<Role, readonly Right[]>> = {
  sender: ['log', 'content', 'send', 'decide', 'refer'],
  intake: ['log', 'content', 'intake', 'refer'],
  ops: ['log', 'decide', 'quarantine', 'emergency'],
  'practice-admin': ['log', 'content', 'send', 'decide', 'intake', 'refer', 'audit', 'people'],
  'system-admin': rights,
  auditor: ['log', 'audit'],
  'api-client': ['log', 'content', 'send', 'refer'],
};

export const rightsOf = (role: Role): readonly Right[] => granted[role];
