import type { Config } from './config.ts';
import type { HttpDeps } from './http/deps.ts';
import { oidcOf } from './people/oidc.ts';

/** By what people come in. A second factor is demanded, by default, of whoever lets others in, as soon as strangers can
 *  reach the page. */
export const waysIn = ({ signIn }: Pick<Config, 'signIn'>, publicUrl: string): HttpDeps['signIn'] => ({
  secondFactor: signIn.secondFactor ?? (publicUrl.startsWith('https:') ? ['practice-admin', 'system-admin'] : []),
  oidc: signIn.oidc && oidcOf(signIn.oidc, `${publicUrl}/api/v1/session/oidc/callback`),
});
