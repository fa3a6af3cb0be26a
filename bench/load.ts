import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/** 100 KB that pass for a PDF: nobody opens what only passes through. */
export const pdf = Buffer.concat([Buffer.from('%PDF-1.4\n'), randomBytes(100_000), Buffer.from('\n%%EOF\n')]);

export interface Target {
  readonly url: string;
  readonly key: string;
}

export interface To {
  readonly channel: string;
  readonly address: string;
}

/** POST /api/v1/referrals with the PDF, as the bytes on the wire. Made once: the load must not cost more than what
 *  it loads. */
function request({ url, key }: Target, to: To): Buffer {
  const boundary = 'loopgate-bench';
  const referral = JSON.stringify({
    patient: { name: { family: 'Bench', given: ['Ada'] }, birthDate: '1961-04-09' },
    recipient: { name: 'Nobody', endpoints: [to] },
  });
  const part = (head: string, body: Buffer | string): Buffer[] => [
    Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; ${head}\r\n\r\n`),
    Buffer.from(body),
    Buffer.from('\r\n'),
  ];
  const body = Buffer.concat([
    ...part('name="referral"\r\ncontent-type: application/json', referral),
    ...part('name="document"; filename="letter.pdf"\r\ncontent-type: application/pdf', pdf),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
  const head = [
    'POST /api/v1/referrals HTTP/1.1',
    `host: ${new URL(url).host}`,
    `authorization: Bearer ${key}`,
    `content-type: multipart/form-data; boundary=${boundary}`,
    `content-length: ${body.length}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
}

/** Send over keep-alive connections for as long as `more` says, one request at a time on each.
 *  @returns how many were accepted
 *  @throws when anything but 202 comes back. */
export async function load(target: Target, to: To, clients: number, more: () => boolean): Promise<number> {
  const bytes = request(target, to);
  const { hostname, port } = new URL(target.url);
  let accepted = 0;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      try {
        while (more()) {
          await one(socket, bytes);
          accepted++;
        }
      } finally {
        socket.destroy();
      }
    }),
  );
  return accepted;
}

/** So many of them. */
export function loadOf(target: Target, to: To, clients: number, count: number): Promise<number> {
  let left = count;
  return load(target, to, clients, () => left-- > 0);
}

/** The answer is small and comes in one piece, or in pieces that end with the whole body. */
function one(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const end = (then: () => void): void => {
      socket.off('data', hear).off('error', reject).off('close', closed);
      then();
    };
    const closed = (): void => end(() => reject(new Error('the gateway hung up')));
    const hear = (chunk: Buffer): void => {
      answer += chunk.toString('latin1');
      const split = answer.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(answer)?.[1] ?? Infinity);
      const chunked = /transfer-encoding: chunked/i.test(answer);
      const whole = chunked ? answer.endsWith('0\r\n\r\n') : split >= 0 && answer.length >= split + 4 + length;
      if (!whole) return;
      end(() => (answer.startsWith('HTTP/1.1 202') ? resolve() : reject(new Error(answer.slice(0, 300)))));
    };
    socket.on('data', hear).on('error', reject).on('close', closed);
    socket.write(bytes);
  });
}
