import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';

export interface IdentityProvider {
  readonly issuer: string;
  readonly client: { readonly clientId: string; readonly clientSecret: string };
  stop(): Promise<void>;
}

/** A real OpenID Connect provider whose own pages ask for a name and take any password. `other-ida` has the address of
 *  `ida`: two people who claim one name.
 *  @param redirectUri where it may send people back */
export async function identityProvider(redirectUri: string): Promise<IdentityProvider> {
  const client = { clientId: 'loopgate', clientSecret: 'a-secret-of-the-test-only-000000' };
  // The issuer has its port in its name: a port first, the provider after.
  let answer: ReturnType<Provider['callback']> = () => Promise.resolve();
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: client.clientId, client_secret: client.clientSecret, redirect_uris: [redirectUri] }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    cookies: { keys: ['of the test only'] },
    pkce: { required: () => true },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: `${id.replace(/^other-/, '')}@clinic.example`, email_verified: true }),
    }),
  });
  answer = provider.callback();
  return {
    issuer,
    client,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
