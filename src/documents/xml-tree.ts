import { XMLParser } from 'fast-xml-parser';
import { Unreadable } from './protocol.ts';

const maxBytes = 20 * 1024 * 1024;
const maxDepth = 200;

/** fast-xml-parser's ordered form: the element's name as key, its children beneath, attributes under `:@`. */
export type Node = Readonly<Record<string, unknown>>;

/** The children of a C-CDA's root element. Entities are never expanded, a DOCTYPE is refused, depth and size are bounded;
 *  nothing is ever fetched.
 *  @throws Unreadable */
export function clinicalTree(bytes: Uint8Array): readonly Node[] {
  if (bytes.length > maxBytes) throw new Unreadable('the clinical document is too large');
  const xml = xmlText(bytes);
  if (/<!(DOCTYPE|ENTITY)/i.test(xml))
    throw new Unreadable('the clinical document carries a DOCTYPE, which is not allowed');
  refuseDeep(xml);
  return parsed(xml);
}

/** Text of an XML file: by its byte order mark, else as it declares itself, else UTF-8. */
export function xmlText(bytes: Uint8Array): string {
  const marks: Readonly<Record<string, string>> = { fffe: 'utf-16le', feff: 'utf-16be' };
  const mark = Buffer.from(bytes.subarray(0, 2)).toString('hex');
  const head = Buffer.from(bytes.subarray(0, 200)).toString('latin1');
  const declared = /^\s*<\?xml[^>]*\sencoding\s*=\s*["']([\w.:-]{1,40})["']/.exec(head)?.[1] ?? 'utf-8';
  // What is declared as UTF-16 and can be read to here is not.
  const label = marks[mark] ?? (/utf-?16/i.test(declared) ? 'utf-8' : declared);
  try {
    return new TextDecoder(label).decode(bytes);
  } catch {
    return new TextDecoder('utf-8').decode(bytes);
  }
}

function parsed(xml: string): readonly Node[] {
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    removeNSPrefix: true,
    processEntities: false,
    htmlEntities: false,
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    maxNestedTags: maxDepth,
  });
  try {
    const document = parser.parse(xml) as readonly Node[];
    const root = document.find((node) => 'ClinicalDocument' in node);
    if (root) return childrenOf(root);
  } catch {
    // Falls to the same answer as a document of another kind.
  }
  throw new Unreadable('the clinical document is damaged and cannot be read');
}

/** Counts open elements without building anything, so that a deep document costs nothing. */
function refuseDeep(xml: string): void {
  let depth = 0;
  for (const { 0: found } of xml.matchAll(/<(?:!--[\s\S]*?-->|!\[CDATA\[[\s\S]*?\]\]>|\/?[A-Za-z][^<>]*>)/g)) {
    if (found.startsWith('<!')) continue;
    if (found.startsWith('</')) depth -= 1;
    else if (!found.endsWith('/>')) depth += 1;
    if (depth > maxDepth) throw new Unreadable('the clinical document is nested too deeply');
  }
}

export const nameOf = (node: Node): string => Object.keys(node).find((key) => key !== ':@') ?? '';

export function childrenOf(node: Node): readonly Node[] {
  const inner = node[nameOf(node)];
  return Array.isArray(inner) ? (inner as readonly Node[]) : [];
}

/** Null when it is absent or empty. */
export function attribute(node: Node | null, key: string): string | null {
  const all = node?.[':@'];
  if (typeof all !== 'object' || all === null) return null;
  const value: unknown = (all as Node)[key];
  return typeof value === 'string' && value !== '' ? unescaped(value) : null;
}

const within = (from: Node | readonly Node[]): readonly Node[] =>
  Array.isArray(from) ? (from as readonly Node[]) : childrenOf(from as Node);

/** Every element at the end of the path, whichever of several it leads through. */
export function each(from: Node | readonly Node[] | null, path: string): readonly Node[] {
  if (from === null) return [];
  return path
    .split('/')
    .reduce<readonly Node[]>(
      (nodes, name) => nodes.flatMap((node) => childrenOf(node).filter((child) => nameOf(child) === name)),
      [{ root: within(from) }],
    );
}

/** The first of them. */
export const first = (from: Node | readonly Node[] | null, path: string): Node | null => each(from, path)[0] ?? null;

/** Elements of that name anywhere below, but not within each other. */
export function findAll(nodes: readonly Node[], name: string): readonly Node[] {
  return nodes.flatMap((node) => (nameOf(node) === name ? [node] : findAll(childrenOf(node), name)));
}

/** An element's own text, as written; null: the node is an element. */
export function ownText(node: Node): string | null {
  const own = node['#text'];
  return typeof own === 'string' || typeof own === 'number' ? unescaped(String(own)).replace(/\s+/g, ' ') : null;
}

const blocks = new Set(['paragraph', 'item', 'tr', 'table', 'list', 'br', 'caption', 'title', 'thead', 'tbody']);
const cells = new Set(['td', 'th']);

/** Text of an element: block elements on lines of their own, cells side by side, everything else inert. */
export function textOf(node: Node | null): string {
  if (node === null) return '';
  const own = ownText(node);
  if (own !== null) return own;
  const inner = childrenOf(node).map(textOf).join('');
  if (blocks.has(nameOf(node))) return `\n${inner.trim()}\n`;
  return cells.has(nameOf(node)) ? `${inner.trim()}   ` : inner;
}

/** On one line; null: nothing. */
export const lineOf = (node: Node | null): string | null => textOf(node).replace(/\s+/g, ' ').trim() || null;

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The five entities of XML and character references; one pass, so nothing expands twice. */
function unescaped(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi, (whole, hex, decimal, name) => {
    if (typeof name === 'string') return named[name.toLowerCase()] ?? whole;
    const code = typeof hex === 'string' ? parseInt(hex, 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : whole;
  });
}
