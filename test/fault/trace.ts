import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** One finished system call of a trace by `strace -f -yy`. Times are lines of the trace: strace writes them in the order
 *  in which it let the calls begin and end. */
export interface Call {
  readonly name: string;
  /** What the first argument names: a file, or a socket's two ends. */
  readonly on: string;
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Reads a trace; a call that another thread interrupted is put together from its two lines. */
export async function calls(file: string): Promise<Call[]> {
  const open = new Map<string, { readonly at: number; readonly text: string }>();
  const found: Call[] = [];
  let at = 0;
  for await (const line of createInterface({ input: createReadStream(file, 'latin1') })) {
    at++;
    const [, thread = '', text = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (text.endsWith('<unfinished ...>')) open.set(thread, { at, text });
    else if (text.startsWith('<... ')) {
      const begun = open.get(thread);
      if (begun) found.push(callOf(begun.at, at, begun.text));
      open.delete(thread);
    } else if (/^\w+\(/.test(text)) found.push(callOf(at, at, text));
  }
  return found;
}

function callOf(from: number, to: number, text: string): Call {
  const [, name = '', on = ''] = /^(\w+)\(\d+<([^>]*(?:->[^>]*)?)>/.exec(text) ?? [];
  return { name, on, from, to, text };
}

const ids = /msg_[0-9a-z]{26}/g;

/** Every "taken" that left a socket, and those among them that left before what they promise was on disk: the first
 *  sync of the write-ahead log that began after the message was written to it must have ended by then. */
export function promises(trace: readonly Call[]): { readonly made: number; readonly early: number } {
  const written = new Map<string, number>();
  for (const { name, on, to, text } of trace) {
    if (name !== 'pwrite64' || !on.endsWith('loopgate.db-wal')) continue;
    for (const [id] of text.matchAll(ids)) if (!written.has(id)) written.set(id, to);
  }
  const syncs = trace.filter(({ name, on }) => /^f(data)?sync$/.test(name) && on.endsWith('loopgate.db-wal'));
  const said = trace.filter(({ name, on }) => /^(write|writev|sendto|sendmsg)$/.test(name) && on.startsWith('TCP'));
  const overHttp = said
    .filter(({ text }) => text.includes('HTTP/1.1 202'))
    .map(({ from, text }) => ({ from, id: text.match(ids)?.[0] }));
  const named = new Set(overHttp.map(({ id }) => id));
  // A 250 names nobody: mail came one after the other, and is written down in that order.
  const mails = [...written.keys()].filter((id) => !named.has(id));
  const overSmtp = said
    .filter(({ text }) => text.includes('250 OK: message queued'))
    .map(({ from }, index) => ({ from, id: mails[index] }));
  const early = [...overHttp, ...overSmtp].filter(({ from, id }) => {
    const at = written.get(id ?? '') ?? Infinity;
    return !syncs.some((sync) => sync.from > at && sync.to < from);
  });
  return { made: overHttp.length + overSmtp.length, early: early.length };
}
