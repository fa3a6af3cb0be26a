import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../../src/core/channel.ts';
import type { Document } from '../../src/core/message.ts';
import { readDocument, type ReadDocument } from '../../src/documents/read.ts';
import type { Sandbox } from '../../src/documents/sandbox.ts';

export const fixture = (path: string): Uint8Array =>
  new Uint8Array(readFileSync(join(import.meta.dirname, '..', 'fixtures', path)));

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export const documentOf = (name: string, bytes: Uint8Array): Document => ({
  id: 'doc_test',
  name,
  mediaType: 'application/octet-stream',
  bytes: bytes.length,
  sha256: '',
});

export const read = (
  sandbox: Sandbox,
  name: string,
  bytes: Uint8Array,
  options: Parameters<typeof readDocument>[4] = {},
): Promise<ReadDocument> =>
  readDocument(sandbox, documentOf(name, bytes), bytes, new AbortController().signal, options);

/** A log that keeps what it was told. */
export function keptLog(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = [];
  const line = (event: string, facts?: object): void => {
    lines.push(`${event} ${JSON.stringify(facts ?? {})}`);
  };
  return { log: { info: line, warn: line, error: line }, lines };
}

/** A PDF of empty pages, or of raw objects: written by hand so that it can be wrong. */
export function pdfOf(objects: readonly string[]): Uint8Array {
  let text = '%PDF-1.4\n';
  const places: number[] = [];
  objects.forEach((body, i) => {
    places.push(text.length);
    text += `${i + 1} 0 obj\n${body}\nendobj\n`;
  });
  const table = places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('');
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}`;
  text += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${text.indexOf('xref\n0')}\n%%EOF\n`;
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

/** Processes that this one started and that open files (Linux). */
export function readers(
  worker = 'documents/worker.ts',
): { readonly pid: number; readonly command: string; readonly environment: string }[] {
  const children = readdirSync('/proc/self/task').flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return children
    .map((pid) => ({ pid, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }))
    .filter(({ command }) => command.includes(worker))
    .map((reader) => ({ ...reader, environment: readFileSync(`/proc/${reader.pid}/environ`, 'utf8') }));
}
