import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SMTPServer } from 'smtp-server';
import { createAuthority, issue } from '../channels/direct/authority.ts';
import { freePort } from '../demo/free-port.ts';

export interface FarSide {
  /** Settings for the gateway: how to reach it and whom to encrypt for. */
  readonly direct: Record<string, unknown>;
  readonly port: number;
  /** The file of its certificate. */
  readonly certificate: string;
  readonly to: { readonly channel: string; readonly address: string };
  readonly taken: number;
  /** Resolves once it has taken so many messages. */
  until(count: number): Promise<void>;
  close(): Promise<void>;
}

/** A mail server that takes everything over STARTTLS and says nothing more.
 *  @param folder where its certificate is put */
export async function farSide(folder: string): Promise<FarSide> {
  const port = await freePort();
  const authority = createAuthority({ name: `Bench ${randomBytes(4).toString('hex')}`, now: Date.now() });
  const { key, certificate } = issue(authority, { domain: 'far.example' });
  const file = join(folder, 'far-side.pem');
  const anchor = join(folder, 'far-anchor.pem');
  writeFileSync(file, certificate);
  writeFileSync(anchor, authority.certificate);
  let taken = 0;
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    key,
    cert: certificate,
    onData(stream, _session, done) {
      stream.on('end', () => {
        taken++;
        done();
      });
      stream.resume();
    },
  });
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  return {
    direct: {
      anchors: ['{keys}/direct/anchor.pem', anchor],
      peers: [{ match: 'far.example', host: '127.0.0.1', port, certificates: [file] }],
    },
    port,
    certificate: file,
    to: { channel: 'direct', address: 'dr@far.example' },
    get taken() {
      return taken;
    },
    async until(count) {
      while (taken < count) await sleep(2);
    },
    close: () => new Promise((closed) => server.close(() => closed())),
  };
}
