/** What the client says, piece by piece, each with the phase of the conversation that it belongs to. */
export interface Piece {
  readonly phase: string;
  readonly bytes: Buffer;
}

/** Follows one conversation. */
export interface Phases {
  client(bytes: Buffer): Piece[];
  /** Phase of the server's words; `tls`: after them both sides begin a handshake. */
  server(bytes: Buffer): string;
}

export const smtpPhases = ['connect', 'ehlo', 'tls', 'mail', 'rcpt', 'data', 'body', 'dot', 'quit'] as const;
export const httpPhases = ['connect', 'headers', 'body', 'answer'] as const;

const end = '\r\n.\r\n';

/** SMTP (RFC 5321): a command a phase, by its verb; then the body up to the final dot, and the dot. */
export function smtp(): Phases {
  let held = Buffer.alloc(0);
  /** Commands that wait for their reply; the greeting answers to nobody. Clients send several at once (RFC 2920). */
  const asked: string[] = ['connect'];
  let inBody = false;

  function body(): Piece[] {
    const at = held.indexOf(end);
    // An end may lie across two chunks: its first four bytes wait for the fifth.
    const cut = at >= 0 ? at : Math.max(0, held.length - (end.length - 1));
    const piece = { phase: 'body', bytes: held.subarray(0, cut) };
    held = held.subarray(cut);
    if (at < 0) return cut > 0 ? [piece] : [];
    const dot = { phase: 'dot', bytes: held.subarray(0, end.length) };
    asked.push('dot');
    held = held.subarray(end.length);
    inBody = false;
    return [piece, dot, ...pieces()];
  }

  function pieces(): Piece[] {
    if (inBody) return body();
    const line = held.indexOf('\r\n') + 2;
    if (line < 2) return [];
    const bytes = held.subarray(0, line);
    held = held.subarray(line);
    const verb = /^[a-z]+/i.exec(bytes.toString('latin1'))?.[0].toLowerCase() ?? '';
    asked.push(verb);
    return [{ phase: verb, bytes }, ...pieces()];
  }

  return {
    client(bytes) {
      held = Buffer.concat([held, bytes]);
      return pieces();
    },
    server(bytes) {
      let phase = 'reply';
      // Last lines of replies: `250 …`, not `250-…`.
      for (const [, code] of bytes.toString('latin1').matchAll(/^(\d{3}) .*$/gm)) {
        const verb = asked.shift();
        if (verb === 'data' && code === '354') inBody = true;
        if (verb === 'starttls' && code === '220') phase = 'tls';
      }
      return phase;
    },
  };
}

/** HTTP/1.1, one request on a connection: its headers, its body, the answer. */
export function http(): Phases {
  let inBody = false;
  return {
    client(bytes) {
      const blank = inBody ? 0 : bytes.indexOf('\r\n\r\n') + 4;
      if (inBody || blank < 4) return [{ phase: inBody ? 'body' : 'headers', bytes }];
      inBody = true;
      const [headers, body] = [bytes.subarray(0, blank), bytes.subarray(blank)];
      return [{ phase: 'headers', bytes: headers }, ...(body.length > 0 ? [{ phase: 'body', bytes: body }] : [])];
    },
    server: () => 'answer',
  };
}

/** What nobody can look into: the first bytes open a TLS handshake. */
export const opaque = (): Phases => ({ client: (bytes) => [{ phase: 'tls', bytes }], server: () => 'tls-answer' });
