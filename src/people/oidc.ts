import type { Configuration } from 'openid-client';

/** Loaded when somebody signs in that way. */
const library = () => import('openid-client');

export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** As it stands on the button. */
  readonly name: string;
  /** Of the ID token: whose value is the name of one of our users. */
  readonly claim: string;
}

/** What has to be kept until the person comes back. */
export interface OidcJourney {
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
}

/** What the identity provider vouches for. */
export interface OidcIdentity {
  readonly name: string;
  readonly subject: string;
  /** It asked for more than a password (`amr` has `mfa`, RFC 8176). */
  readonly strong: boolean;
}

export interface Oidc {
  readonly name: string;
  /** @throws when the provider does not answer */
  begin(): Promise<{ readonly url: string; readonly journey: OidcJourney }>;
  /** @param search of the address to which the provider sent the person back
   *  @throws when the answer is not a right one to this journey */
  finish(search: string, journey: OidcJourney): Promise<OidcIdentity>;
}

/** Sign-in at an identity provider: authorization code flow with PKCE, state and nonce (OpenID Connect Core 3.1). Asks
 *  the provider nothing before somebody signs in.
 *  @param redirectUri ours, as it is registered there */
export function oidcOf({ issuer, clientId, clientSecret, name, claim }: OidcSettings, redirectUri: string): Oidc {
  let known: Promise<Configuration> | null = null;
  const discover = async (): Promise<Configuration> => {
    const client = await library();
    const url = new URL(issuer);
    // Only a provider on this very machine, as the settings demand.
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so only to stand out
    const plain = url.protocol === 'http:' ? { execute: [client.allowInsecureRequests] } : {};
    return client.discovery(url, clientId, clientSecret, undefined, plain);
  };
  const discovered = (): Promise<Configuration> => {
    known ??= discover().catch((cause: unknown) => {
      known = null;
      throw cause;
    });
    return known;
  };

  return {
    name,
    async begin() {
      const client = await library();
      const provider = await discovered();
      const journey = {
        verifier: client.randomPKCECodeVerifier(),
        state: client.randomState(),
        nonce: client.randomNonce(),
      };
      const url = client.buildAuthorizationUrl(provider, {
        redirect_uri: redirectUri,
        scope: 'openid email profile',
        code_challenge: await client.calculatePKCECodeChallenge(journey.verifier),
        code_challenge_method: 'S256',
        state: journey.state,
        nonce: journey.nonce,
      });
      return { url: url.href, journey };
    },
    async finish(search, { verifier, state, nonce }) {
      const { authorizationCodeGrant } = await library();
      const tokens = await authorizationCodeGrant(await discovered(), new URL(search, redirectUri), {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      const who = claims?.[claim];
      if (!claims || typeof who !== 'string') throw new Error(`the ID token has no ${claim}`);
      if (claim === 'email' && claims['email_verified'] === false) throw new Error('the address is not verified');
      const amr = claims['amr'];
      return { name: who.toLowerCase(), subject: claims.sub, strong: Array.isArray(amr) && amr.includes('mfa') };
    },
  };
}
