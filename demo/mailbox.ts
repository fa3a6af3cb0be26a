import { SMTPServer } from 'smtp-server';

export interface Mailbox {
  readonly port: number;
  close(): Promise<void>;
}

/** A specialist's ordinary mailbox: takes every mail and tells what links it found in it. `mail` is the mail as it came. */
export async function startMailbox(found: (link: string, to: string, mail: string) => void): Promise<Mailbox> {
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        // Quoted-printable folds long lines with "=\r\n": a link is longer than that.
        const mail = Buffer.concat(chunks).toString();
        const text = mail.replaceAll('=\r\n', '').replaceAll('=3D', '=');
        const link = /https?:\/\/\S+\/portal\/[\w-]+/.exec(text)?.[0];
        if (link !== undefined) found(link, session.envelope.rcptTo[0]?.address ?? '', mail);
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    close: () =>
      new Promise((resolve) =>
        server.close(() => {
          resolve();
        }),
      ),
  };
}
