import { isIP } from 'node:net';
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server';

/** Three hundred modules: loaded when somebody uses a passkey. */
const library = () => import('@simplewebauthn/server');

/** Whom a passkey is made for. Browsers make none for an IP address (WebAuthn 5.1.2: the id is a domain). */
export interface PasskeySite {
  readonly id: string;
  readonly origin: string;
}

/** What is kept of a passkey. */
export interface Passkey {
  /** Base64url. */
  readonly id: string;
  /** COSE, base64url. */
  readonly secret: string;
  readonly counter: number;
}

/** Null: there can be no passkeys. */
export function passkeySite(publicUrl: string): PasskeySite | null {
  const { hostname, origin } = new URL(publicUrl);
  return isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? { id: hostname, origin } : null;
}

/** The authenticator must make sure who holds it (PIN, finger, face): so a passkey alone is two factors. */
const userVerification = 'required';

/** @param had ids of the passkeys that this person has: no authenticator makes a second one */
export const newPasskeyOptions = async (
  site: PasskeySite,
  name: string,
  had: readonly string[],
): Promise<PublicKeyCredentialCreationOptionsJSON> =>
  (await library()).generateRegistrationOptions({
    rpName: 'Loopgate',
    rpID: site.id,
    userName: name,
    // The same for each of a person's passkeys, so that an authenticator shows one person.
    userID: Buffer.from(name),
    excludeCredentials: had.map((id) => ({ id })),
    authenticatorSelection: { residentKey: 'required', userVerification },
  });

/** Null: it is not an answer to this challenge. (The library throws for every kind of wrong answer.) */
export async function newPasskey(site: PasskeySite, challenge: string, response: unknown): Promise<Passkey | null> {
  const answer = {
    response: response as RegistrationResponseJSON,
    expectedChallenge: challenge,
    expectedOrigin: site.origin,
    expectedRPID: site.id,
  };
  const { verifyRegistrationResponse } = await library();
  const found = await verifyRegistrationResponse(answer).catch(() => null);
  if (!found?.verified) return null;
  const { id, publicKey, counter } = found.registrationInfo.credential;
  return { id, secret: Buffer.from(publicKey).toString('base64url'), counter };
}

/** Whoever holds a passkey for us may answer: the browser asks which one. */
export const passkeyOptions = async (site: PasskeySite): Promise<PublicKeyCredentialRequestOptionsJSON> =>
  (await library()).generateAuthenticationOptions({ rpID: site.id, userVerification });

/** The signature count of a right answer; null: it is none. */
export async function passkeyCount(
  site: PasskeySite,
  challenge: string,
  response: unknown,
  passkey: Passkey,
): Promise<number | null> {
  const answer = {
    response: response as AuthenticationResponseJSON,
    expectedChallenge: challenge,
    expectedOrigin: site.origin,
    expectedRPID: site.id,
    credential: {
      id: passkey.id,
      publicKey: new Uint8Array(Buffer.from(passkey.secret, 'base64url')),
      counter: passkey.counter,
    },
  };
  const { verifyAuthenticationResponse } = await library();
  const found = await verifyAuthenticationResponse(answer).catch(() => null);
  return found?.verified ? found.authenticationInfo.newCounter : null;
}
