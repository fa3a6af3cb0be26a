import { Readable } from 'node:stream';
import MailComposer from 'nodemailer/lib/mail-composer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { Health } from '../../src/core/channel.ts';
import { accepted, deferred, refused, unknown, type Outcome, type ReasonCode } from '../../src/core/outcome.ts';
import type { MailConfig } from './config.ts';

export interface Letter {
  readonly id: string;
  readonly fromName: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** How far the talk with the mail server went. After `data` it may hold the letter. */
type Phase = 'talk' | 'data';

/** Bring one letter to the mail server. Its last word decides; silence after the letter left decides nothing. */
export async function post(
  mail: MailConfig,
  letter: Letter,
  handingOver: () => Promise<void>,
  signal: AbortSignal,
): Promise<Outcome> {
  const bytes = await composed(mail, letter);
  const connection = connect(mail);
  let phase: Phase = 'talk';
  const body = Readable.from(
    (async function* () {
      await handingOver();
      phase = 'data';
      yield bytes;
    })(),
  );
  try {
    const reply = await conversation(connection, mail, signal, () =>
      sent(connection, { from: mail.from, to: [letter.to], size: bytes.length }, body),
    );
    quit(connection);
    return accepted(reply);
  } catch (cause) {
    connection.close();
    return outcomeOf(asTrouble(cause), phase);
  } finally {
    body.destroy();
  }
}

/** RFC 5321 §4.1.1.10: nobody hangs up without it. Its answer is awaited behind our back, and not for long. */
function quit(connection: SMTPConnection): void {
  connection.quit();
  setTimeout(() => {
    connection.close();
  }, quitMs).unref();
}

const quitMs = 5_000;

/** Sign in and hang up. */
export async function tryOut(mail: MailConfig, signal: AbortSignal): Promise<Health> {
  const connection = connect(mail);
  try {
    await conversation(connection, mail, signal, () => Promise.resolve());
    return { ok: true };
  } catch (cause) {
    return { ok: false, problem: `mail server: ${describe(asTrouble(cause))}` };
  } finally {
    connection.close();
  }
}

function connect({ host, port, tls, ca }: MailConfig): SMTPConnection {
  return new SMTPConnection({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: { minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) },
    connectionTimeout: 15_000,
    greetingTimeout: 15_000,
    socketTimeout: 60_000,
  });
}

/** Connect, sign in, talk. Rejects with whatever goes wrong first, on the wire or by the signal. */
function conversation<T>(
  connection: SMTPConnection,
  { user, pass }: MailConfig,
  signal: AbortSignal,
  talk: () => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      reject(new Error('stopped'));
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    connection.on('error', reject);
    connection.once('end', () => {
      reject(new Error('connection closed'));
    });
    const go = (): void => void talk().then(resolve, reject);
    connection.connect((problem) => {
      if (problem) reject(problem);
      else if (user === undefined) go();
      else
        connection.login({ user, pass: pass ?? '' }, (refusal) => {
          if (refusal) reject(refusal);
          else go();
        });
    });
  });
}

function sent(connection: SMTPConnection, envelope: SMTPConnection.Envelope, body: Readable): Promise<string> {
  return new Promise((resolve, reject) => {
    connection.send(envelope, body, (problem, info) => {
      if (problem) reject(problem);
      else resolve(statusOf(info.response));
    });
  });
}

function composed({ from }: MailConfig, { id, fromName, to, subject, text }: Letter): Promise<Buffer> {
  const composer = new MailComposer({
    from: { name: fromName, address: from },
    to: { name: '', address: to },
    subject,
    text,
    messageId: `<${id}@${from.split('@')[1] ?? 'localhost'}>`,
    headers: { 'auto-submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return composer.compile().build();
}

interface Trouble {
  readonly code: string;
  readonly command: string;
  readonly responseCode: number | null;
  readonly response: string;
}

function asTrouble(cause: unknown): Trouble {
  const { code = '', command = '', responseCode = null, response = '' } = cause as Partial<Trouble>;
  return { code, command, responseCode, response };
}

function outcomeOf(trouble: Trouble, phase: Phase): Outcome {
  const { responseCode, command, code } = trouble;
  const detail = describe(trouble);
  // Our own sign-in or protection is at fault, not this recipient: it may be right again next time.
  if (code === 'EAUTH') return deferred('unauthorized', detail);
  if (code === 'ETLS') return deferred('untrusted', detail);
  if (responseCode !== null && responseCode >= 500) return refused(refusalCode(command), detail);
  if (responseCode !== null && responseCode >= 400) return deferred('throttled', detail);
  if (phase === 'data') return unknown(code === 'ETIMEDOUT' ? 'timeout' : 'interrupted', detail);
  return deferred(code === 'ETIMEDOUT' ? 'timeout' : 'unreachable', detail);
}

const refusalCode = (command: string): ReasonCode => (command === 'RCPT TO' ? 'bad-address' : 'rejected');

/** Status text only: what a server writes behind it may quote anything. */
const describe = ({ response, code }: Trouble): string => statusOf(response) || code || 'connection lost';

const statusOf = (response: string): string => /^\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3})?/.exec(response)?.[0] ?? '';
