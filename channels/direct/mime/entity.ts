import { Malformed } from '../cms/der.ts';
import { fromBase64, uudecode } from './decode.ts';

/** A MIME entity: header fields and a body. The bytes are those that came, because signatures are over them. */
export interface Entity {
  readonly fields: readonly Field[];
  readonly body: Buffer;
  readonly raw: Buffer;
}

export interface Field {
  /** Lower case. */
  readonly name: string;
  /** Unfolded and trimmed; bytes as latin1. */
  readonly value: string;
}

/** Real headers stay below a few ten KB; the limit is mailparser's own. */
const maxHeader = 1 << 20;

/** Read an entity as strangers write them: any line ends, a BOM in front, blanks before colons, no body.
 *  @throws Malformed when the header is too large */
export function readEntity(raw: Buffer): Entity {
  const start = raw.length >= 3 && raw[0] === 0xef && raw[1] === 0xbb && raw[2] === 0xbf ? 3 : 0;
  const { headerEnd, bodyStart } = findBody(raw, start);
  if (headerEnd - start > maxHeader) throw new Malformed('the header is too large');
  return { fields: readFields(raw.toString('latin1', start, headerEnd)), body: raw.subarray(bodyStart), raw };
}

function findBody(raw: Buffer, start: number): { headerEnd: number; bodyStart: number } {
  for (let line = start; line < raw.length;) {
    if (raw[line] === 0x0a) return { headerEnd: line, bodyStart: line + 1 };
    if (raw[line] === 0x0d && raw[line + 1] === 0x0a) return { headerEnd: line, bodyStart: line + 2 };
    const next = raw.indexOf(0x0a, line);
    line = next < 0 ? raw.length : next + 1;
  }
  return { headerEnd: raw.length, bodyStart: raw.length };
}

/** `Name: value` lines, folded ones joined. Lines that are no fields are left out. */
export function readFields(text: string): Field[] {
  const fields: { name: string; value: string }[] = [];
  for (const line of text.split(/\r?\n/)) {
    const last = fields[fields.length - 1];
    if (/^[ \t]/.test(line) && last) {
      last.value += ` ${line.trim()}`;
      continue;
    }
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trim();
    if (colon > 0 && /^[!-9;-~]+$/.test(name))
      fields.push({ name: name.toLowerCase(), value: line.slice(colon + 1).trim() });
  }
  return fields;
}

export const allOf = ({ fields }: Pick<Entity, 'fields'>, name: string): string[] =>
  fields.filter((field) => field.name === name).map(({ value }) => value);

/** The first field of that name: in every parser the first one wins (bad input 19). */
export const firstOf = (entity: Pick<Entity, 'fields'>, name: string): string | null => allOf(entity, name)[0] ?? null;

export interface MediaType {
  /** Lower case, `type/subtype`. */
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const types = new WeakMap<readonly Field[], MediaType>();

/** Content-Type, with quoted, unquoted, permuted or missing parameters. Absent means text/plain. */
export function mediaTypeOf({ fields }: Pick<Entity, 'fields'>): MediaType {
  const type = types.get(fields) ?? readMediaType({ fields });
  types.set(fields, type);
  return type;
}

function readMediaType(entity: Pick<Entity, 'fields'>): MediaType {
  const [type = '', ...rest] = splitUnquoted(firstOf(entity, 'content-type') ?? 'text/plain');
  const parameters = new Map<string, string>();
  for (const each of rest) {
    const equals = each.indexOf('=');
    const name = each.slice(0, Math.max(equals, 0)).trim().toLowerCase();
    if (name && !parameters.has(name)) parameters.set(name, unquote(each.slice(equals + 1).trim()));
  }
  return { type: type.trim().toLowerCase(), parameters };
}

function splitUnquoted(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const letter = text.charAt(i);
    if (letter === '"') quoted = !quoted;
    else if (letter === '\\' && quoted) i++;
    else if (letter === ';' && !quoted) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, text.slice(start)];
}

const unquote = (text: string): string =>
  text.startsWith('"') && text.endsWith('"') && text.length > 1 ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text;

/** The parts of a multipart body, byte for byte: the line break before a boundary belongs to the boundary.
 *  @throws Malformed when there are more than `maxParts` */
export const partsOf = (entity: Entity, maxParts = 1_000): Buffer[] => splitParts(entity, maxParts).parts;

/** As partsOf, with what follows the closing boundary; null: it never came. */
export function splitParts(entity: Entity, maxParts = 1_000): { parts: Buffer[]; tail: Buffer | null } {
  const boundary = mediaTypeOf(entity).parameters.get('boundary');
  const parts: Buffer[] = [];
  if (!boundary || boundary.length > 256) return { parts, tail: null };
  const { body } = entity;
  const marker = Buffer.from(`--${boundary}`, 'latin1');
  let open = -1;
  for (let at = body.indexOf(marker); at >= 0; at = body.indexOf(marker, at + marker.length)) {
    const line = delimiter(body, at, marker.length);
    if (!line) continue;
    if (open >= 0) parts.push(body.subarray(open, Math.max(open, beforeBreak(body, at))));
    if (parts.length > maxParts) throw new Malformed('the message has too many parts');
    if (line.closing) return { parts, tail: body.subarray(line.next) };
    open = line.next;
  }
  // A message cut short, or without its last boundary: what is there is a part.
  if (open >= 0) parts.push(body.subarray(open));
  return { parts, tail: null };
}

/** A boundary stands at the start of a line, and only blanks follow it. A body may be full of what looks like one. */
function delimiter(body: Buffer, at: number, length: number): { next: number; closing: boolean } | null {
  if (at > 0 && body[at - 1] !== 0x0a) return null;
  const from = afterBlanks(body, at + length);
  const closing = body[from] === 0x2d && body[from + 1] === 0x2d;
  const end = closing ? afterBlanks(body, from + 2) : from;
  return end >= body.length || body[end] === 0x0a ? { next: Math.min(end + 1, body.length), closing } : null;
}

function afterBlanks(body: Buffer, from: number): number {
  let at = from;
  while (at < from + 80 && (body[at] === 0x20 || body[at] === 0x09 || body[at] === 0x0d)) at++;
  return at;
}

function beforeBreak(body: Buffer, at: number): number {
  if (body[at - 1] !== 0x0a) return at;
  return body[at - 2] === 0x0d ? at - 2 : at - 1;
}

/** The body with its transfer encoding taken off. Base64 is read with junk between; unknown encodings as they stand.
 *  @param room as fromBase64 has it */
export function decodedBody(entity: Entity, room: Buffer | null = null): Buffer {
  const encoding = (firstOf(entity, 'content-transfer-encoding') ?? '').toLowerCase().trim();
  if (encoding === 'base64') return fromBase64(entity.body, room);
  if (isUuencode(encoding)) return uudecode(entity.body);
  return encoding === 'quoted-printable' ? unquotePrintable(entity.body) : entity.body;
}

/** The encoding of before MIME, as .NET still offers it. */
export const isUuencode = (encoding: string): boolean => /^(x-)?uu(e|encode)?$/.test(encoding);

function unquotePrintable(body: Buffer): Buffer {
  const out = Buffer.alloc(body.length);
  let length = 0;
  const text = body
    .toString('latin1')
    // From the start of each run of blanks only: from every blank on, a megabyte of them would take minutes.
    .replace(/(?<![ \t])[ \t]+(?=\r?\n)/g, '')
    .replace(/=\r?\n/g, '');
  for (let i = 0; i < text.length; i++) {
    const pair = text.charAt(i) === '=' ? text.slice(i + 1, i + 3) : '';
    const coded = /^[0-9a-f]{2}$/i.test(pair);
    out[length++] = coded ? parseInt(pair, 16) : text.charCodeAt(i);
    if (coded) i += 2;
  }
  return out.subarray(0, length);
}

/** Does an entity nest deeper than allowed? `levels` counts multiparts and enclosed messages, `messages` only the latter. */
export function nestsDeeper(entity: Entity, levels: number, messages: number): boolean {
  if (levels < 0 || messages < 0) return true;
  const { type } = mediaTypeOf(entity);
  if (type === 'message/rfc822') return nestsDeeper(readEntity(decodedBody(entity)), levels - 1, messages - 1);
  if (!type.startsWith('multipart/')) return false;
  return partsOf(entity).some((part) => nestsDeeper(readEntity(part), levels - 1, messages));
}
