import { connect, type Socket } from 'node:net';
import { until } from './support.ts';

/** A raw SMTP client that says what it is told. */
export async function dial(
  port: number,
): Promise<{ say(text: string | Buffer): Promise<string>; socket: Socket; heard: () => string }> {
  const socket = connect(port, '127.0.0.1');
  let heard = '';
  socket.on('data', (piece: Buffer) => (heard += piece.toString('latin1')));
  socket.on('error', () => undefined);
  await until(() => /^\d{3} .*\r\n$/m.test(heard));
  return {
    socket,
    heard: () => heard,
    async say(text) {
      heard = '';
      socket.write(text);
      await until(() => /^\d{3} [^\r]*\r\n$/m.test(heard) || socket.destroyed);
      return heard;
    },
  };
}

/** Greet and say goodbye: is it still there? */
export async function dialAndQuit(port: number): Promise<string> {
  const client = await dial(port);
  const answer = await client.say('QUIT\r\n');
  client.socket.destroy();
  return answer;
}
