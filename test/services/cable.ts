import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP connection that a test can cut. */
export interface Cable {
  readonly port: number;
  /** Both ends see a reset; new connections are refused until `mend`. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** @param rewrite changes what comes from the far side, byte for byte */
export async function cable(target: number, rewrite = (chunk: Buffer): Buffer => chunk): Promise<Cable> {
  const sockets = new Set<Socket>();
  let whole = true;
  const server = createServer((near) => {
    if (!whole) {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ port: target, host: '127.0.0.1', noDelay: true });
    near.on('data', (chunk: Buffer) => far.write(chunk));
    far.on('data', (chunk: Buffer) => near.write(rewrite(chunk)));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      // An error is followed by 'close'; the other end learns of it by its own.
      one
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(one);
          other.destroy();
        });
    }
  });
  const cut = (): void => {
    whole = false;
    for (const socket of sockets) socket.resetAndDestroy();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    mend() {
      whole = true;
    },
    close() {
      cut();
      return new Promise((done) => server.close(() => done()));
    },
  };
}
