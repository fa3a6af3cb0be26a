import { z } from '@hono/zod-openapi';
import { rights, roles } from '../core/role.ts';
import { time } from './shapes.ts';

/** Who comes in, and by what: over the wire. */

export const sessionLimits = z
  .object({ at: time.openapi({ description: 'when this was said' }), idleUntil: time, endsAt: time })
  .openapi('SessionLimits');

export const me = z
  .object({
    name: z.string(),
    role: z.enum(roles),
    rights: z.array(z.enum(rights)),
    practices: z.array(z.object({ id: z.string(), name: z.string() })),
    everywhere: z.boolean().openapi({ description: 'there for all practices, also those to come' }),
    channels: z.array(z.string()),
    deadlines: z
      .object({ routine: z.number(), urgent: z.number(), stat: z.number() })
      .openapi({ description: 'seconds from a referral to its proof, by urgency' }),
    session: sessionLimits.nullable().openapi({ description: 'null: an API key' }),
    needsFactor: z.boolean().openapi({ description: 'may do nothing until a second factor is set up' }),
    emergency: z.object({ practice: z.string(), until: time }).nullable(),
  })
  .openapi('Me');

export const signInWays = z
  .object({ passkeys: z.boolean(), oidc: z.string().nullable().openapi({ description: 'name of the provider' }) })
  .openapi('SignInWays');

export const signInNeeds = z.object({ needs: z.array(z.enum(['code', 'passkey'])) }).openapi('SignInNeeds');

export const factorList = z
  .object({
    rows: z.array(
      z.object({
        id: z.string(),
        kind: z.enum(['totp', 'passkey']),
        label: z.string(),
        madeAt: time,
        usedAt: time.nullable(),
      }),
    ),
    recoveryCodes: z.number().openapi({ description: 'how many are left' }),
    demanded: z.boolean().openapi({ description: 'by the role' }),
    passkeys: z.boolean().openapi({ description: 'whether browsers make any for this address' }),
  })
  .openapi('FactorList');

export const factorMade = z
  .object({ recoveryCodes: z.array(z.string()).nullable().openapi({ description: 'null: the old ones stay' }) })
  .openapi('FactorMade');

export const emergency = z
  .object({
    id: z.string(),
    user: z.string(),
    practice: z.string(),
    startedAt: time,
    until: time,
    reason: z.string(),
    review: z.object({ at: time, by: z.string(), finding: z.string() }).nullable(),
  })
  .openapi('Emergency');

export type Me = z.infer<typeof me>;
export type SessionLimits = z.infer<typeof sessionLimits>;
export type SignInWays = z.infer<typeof signInWays>;
export type SignInNeeds = z.infer<typeof signInNeeds>;
export type FactorList = z.infer<typeof factorList>;
export type FactorMade = z.infer<typeof factorMade>;
export type EmergencyView = z.infer<typeof emergency>;
