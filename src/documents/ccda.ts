import { XMLParser } from 'fast-xml-parser';
import type { ClinicalHeader } from '../core/clinical.ts';
import { Unreadable } from './protocol.ts';

const maxBytes = 20 * 1024 * 1024;
const maxDepth = 200;
const npiRoot = '2.16.840.1.113883.4.6'; // OID of the US National Provider Identifier
const reasonForReferral = '42349-1'; // LOINC: Reason for referral

/** fast-xml-parser's ordered form: the element's name as key, its children beneath, attributes under `:@`. */
type Node = Readonly<Record<string, unknown>>;

/** Read a C-CDA document: its head in strings, and its narrative as plain text. Entities are never expanded,
 *  a DOCTYPE is refused, depth and size are bounded.
 *  @throws Unreadable */
export function readClinical(bytes: Uint8Array): { readonly header: ClinicalHeader; readonly text: string } {
  if (bytes.length > maxBytes) throw new Unreadable('the clinical document is too large');
  const xml = new TextDecoder('utf-8').decode(bytes);
  if (/<!(DOCTYPE|ENTITY)/i.test(xml))
    throw new Unreadable('the clinical document carries a DOCTYPE, which is not allowed');
  refuseDeep(xml);
  const root = parsed(xml);
  const patient = find(root, ['recordTarget', 'patientRole']);
  const author = find(root, ['author', 'assignedAuthor']);
  const sections = findAll(root, 'section');
  const name = find(patient, ['patient', 'name']);
  const authorName = find(author, ['assignedPerson', 'name']);
  const header: ClinicalHeader = {
    patient: {
      given: textOf(find(name, ['given'])) || null,
      family: textOf(find(name, ['family'])) || null,
      birthTime: attribute(find(patient, ['patient', 'birthTime']), 'value'),
      telecom: attribute(find(patient, ['telecom']), 'value'),
    },
    author: {
      given: textOf(find(authorName, ['given'])) || null,
      family: textOf(find(authorName, ['family'])) || null,
      npi: npiOf(author),
    },
    reason: reasonOf(sections),
  };
  return { header, text: narrative(root, sections, header) };
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
  });
  try {
    const document = parser.parse(xml) as readonly Node[];
    const root = document.find((node) => 'ClinicalDocument' in node);
    if (root) return children(root);
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

const nameOf = (node: Node): string => Object.keys(node).find((key) => key !== ':@') ?? '';

function children(node: Node): readonly Node[] {
  const inner = node[nameOf(node)];
  return Array.isArray(inner) ? (inner as readonly Node[]) : [];
}

function attribute(node: Node | null, key: string): string | null {
  const all = node?.[':@'];
  if (typeof all !== 'object' || all === null) return null;
  const value: unknown = (all as Node)[key];
  return typeof value === 'string' && value !== '' ? unescaped(value) : null;
}

function find(from: Node | readonly Node[] | null, path: readonly string[]): Node | null {
  const [first, ...rest] = path;
  if (from === null || first === undefined) return null;
  const list = Array.isArray(from) ? (from as readonly Node[]) : children(from as Node);
  const next = list.find((node) => nameOf(node) === first) ?? null;
  return rest.length === 0 ? next : find(next, rest);
}

function findAll(nodes: readonly Node[], name: string): readonly Node[] {
  return nodes.flatMap((node) => (nameOf(node) === name ? [node] : findAll(children(node), name)));
}

function npiOf(author: Node | null): string | null {
  const ids = author ? children(author).filter((node) => nameOf(node) === 'id') : [];
  const id = ids.find((node) => attribute(node, 'root') === npiRoot);
  return id ? attribute(id, 'extension') : null;
}

function reasonOf(sections: readonly Node[]): string | null {
  const section = sections.find((each) => attribute(find(each, ['code']), 'code') === reasonForReferral);
  return section
    ? textOf(find(section, ['text']))
        .replace(/\s+/g, ' ')
        .trim() || null
    : null;
}

const blocks = new Set(['paragraph', 'item', 'tr', 'table', 'list', 'br', 'caption', 'title', 'thead', 'tbody']);
const cells = new Set(['td', 'th']);

/** Text of an element: block elements on lines of their own, cells side by side, everything else inert. */
function textOf(node: Node | null): string {
  if (node === null) return '';
  const own = node['#text'];
  if (typeof own === 'string' || typeof own === 'number') return unescaped(String(own)).replace(/\s+/g, ' ');
  const inner = children(node).map(textOf).join('');
  if (blocks.has(nameOf(node))) return `\n${inner.trim()}\n`;
  return cells.has(nameOf(node)) ? `${inner.trim()}   ` : inner;
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The five entities of XML and character references; one pass, so nothing expands twice. */
function unescaped(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi, (whole, hex, decimal, name) => {
    if (typeof name === 'string') return named[name.toLowerCase()] ?? whole;
    const code = typeof hex === 'string' ? parseInt(hex, 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : whole;
  });
}

function narrative(root: readonly Node[], sections: readonly Node[], { patient, author }: ClinicalHeader): string {
  const line = (label: string, value: string | null): string[] => (value ? [`${label}: ${value}`] : []);
  const full = (name: { given: string | null; family: string | null }): string | null =>
    [name.given, name.family].filter(Boolean).join(' ') || null;
  const head = [
    textOf(find(root, ['title'])).trim(),
    ...line('Patient', full(patient)),
    ...line('Date of birth', patient.birthTime),
    ...line('Phone', patient.telecom),
    ...line('Author', full(author)),
    ...line('NPI', author.npi),
  ];
  const bodies = sections.map(
    (section) => `${textOf(find(section, ['title'])).trim()}\n${textOf(find(section, ['text']))}`,
  );
  return [head.join('\n'), ...bodies].map((part) => part.replace(/\n\s*\n+/g, '\n').trim()).join('\n\n');
}
