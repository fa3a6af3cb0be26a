import { headerOf } from './ccda.ts';
import {
  attribute,
  childrenOf,
  clinicalTree,
  each,
  findAll,
  first,
  lineOf,
  nameOf,
  ownText,
  type Node,
} from './xml-tree.ts';

/** The one style of the view: whoever serves it allows this and nothing else. */
export const viewStyle = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere}h1{font-size:1.5rem;line-height:1.2}h2{font-size:1.15rem;margin:1.75rem 0 .25rem;border-bottom:1px solid #8888}dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem}dt{opacity:.75}dd{margin:0}.wide{overflow-x:auto;overflow-wrap:normal}table{border-collapse:collapse;font-size:.9rem}th,td{border:1px solid #8888;padding:.25rem .5rem;text-align:left;vertical-align:top}caption{text-align:left;font-weight:600}.none{opacity:.75;font-style:italic}@media(max-width:30rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}}`;

/** Elements of CDA's narrative block (StrucDoc.Text) → ours. All others are shown as what they contain; none of their
 *  attributes is taken over. */
const elements: Readonly<Record<string, string>> = {
  paragraph: 'p',
  item: 'li',
  thead: 'thead',
  tbody: 'tbody',
  tfoot: 'tfoot',
  tr: 'tr',
  sub: 'sub',
  sup: 'sup',
  caption: 'strong',
};

const maxLetters = 5_000_000;

/** A C-CDA as a page for people: head and narrative, nothing that acts, fetches or leads away. Every letter of it is
 *  escaped, every element is ours.
 *  @throws Unreadable */
export function clinicalView(bytes: Uint8Array): string {
  const root = clinicalTree(bytes);
  const sections = findAll(root, 'section');
  const title = lineOf(first(root, 'title')) ?? attribute(first(root, 'code'), 'displayName') ?? 'Clinical document';
  const body = sections.length > 0 ? sections.map((each) => sectionOf(each, 2)).join('') : unstructured(root);
  const whole = `<h1>${escaped(title)}</h1>${headOf(root, sections)}${body}`;
  const shown =
    whole.length <= maxLetters ? whole : '<p>This document is too long to be shown. Save the file instead.</p>';
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${viewStyle}</style></head><body><main>${shown}</main></body></html>`;
}

function headOf(root: readonly Node[], sections: readonly Node[]): string {
  const { patient, referrer } = headerOf(root, sections);
  const full = ({ given, family }: { given: string | null; family: string | null }): string | null =>
    [given, family].filter(Boolean).join(' ') || null;
  const recipients = each(root, 'informationRecipient/intendedRecipient').flatMap(
    (node) =>
      lineOf(first(node, 'informationRecipient/name')) ?? lineOf(first(node, 'receivedOrganization/name')) ?? [],
  );
  const rows: readonly (readonly [string, string | null])[] = [
    ['Patient', full(patient)],
    ['Date of birth', dayOf(patient.birthTime)],
    ['Sex', { F: 'female', M: 'male' }[patient.sex ?? ''] ?? patient.sex],
    ['Number', patient.number],
    ['Phone', patient.telecom?.replace(/^tel:/i, '') ?? null],
    ['Address', patient.address],
    ['Referring provider', full(referrer)],
    ['Practice', referrer.practice],
    ['NPI', referrer.npi],
    ['For', recipients.join('; ') || null],
    ['In answer to', attribute(first(root, 'inFulfillmentOf/order/id'), 'extension')],
    ['Written', dayOf(attribute(first(root, 'effectiveTime'), 'value'))],
    [
      'Confidentiality',
      { R: 'restricted', V: 'very restricted' }[attribute(first(root, 'confidentialityCode'), 'code') ?? ''] ?? null,
    ],
  ];
  const known = rows.flatMap(([label, value]) => (value ? [`<dt>${label}</dt><dd>${escaped(value)}</dd>`] : []));
  return `<dl>${known.join('')}</dl>`;
}

/** HL7 time as far as it goes: year, month, day. */
function dayOf(time: string | null): string | null {
  const parts = /^(\d{4})(\d\d)?(\d\d)?/.exec(time ?? '');
  return parts ? parts.slice(1).filter(Boolean).join('-') : null;
}

function sectionOf(section: Node, level: number): string {
  const heading = `h${Math.min(level, 6)}`;
  const title = lineOf(first(section, 'title')) ?? attribute(first(section, 'code'), 'displayName') ?? 'Section';
  const text = first(section, 'text');
  const content = text === null ? '' : narrative(text);
  const empty = attribute(section, 'nullFlavor') !== null || content.trim() === '';
  const inner = findAll(childrenOf(section), 'section').map((each) => sectionOf(each, level + 1));
  const none = empty && inner.length === 0 ? '<p class="none">No information</p>' : '';
  return `<section><${heading}>${escaped(title)}</${heading}>${content}${none}${inner.join('')}</section>`;
}

const unstructured = (root: readonly Node[]): string =>
  first(root, 'component/nonXMLBody/text/reference') === null
    ? '<p>This document carries a file, which is shown as pages.</p>'
    : '<p>This document only points to a file that did not come with it.</p>';

function narrative(node: Node): string {
  const own = ownText(node);
  if (own !== null) return escaped(own);
  const inner = childrenOf(node).map(narrative).join('');
  const name = nameOf(node);
  switch (name) {
    case 'br':
      return '<br>';
    case 'list': {
      const list = attribute(node, 'listType') === 'ordered' ? 'ol' : 'ul';
      return `<${list}>${inner}</${list}>`;
    }
    case 'table':
      return `<div class="wide"><table>${inner}</table></div>`;
    case 'th':
    case 'td':
      return `<${name}${spanOf(node, 'colspan')}${spanOf(node, 'rowspan')}>${inner}</${name}>`;
    case 'content':
      return /bold/i.test(attribute(node, 'styleCode') ?? '') ? `<strong>${inner}</strong>` : inner;
    case 'renderMultiMedia':
      return '<em>[picture not shown]</em>';
    default: {
      const ours = elements[name];
      return ours === undefined ? inner : `<${ours}>${inner}</${ours}>`;
    }
  }
}

function spanOf(node: Node, name: string): string {
  const span = /^[1-9]\d?$/.exec(attribute(node, name) ?? '')?.[0];
  return span === undefined ? '' : ` ${name}="${span}"`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Control and direction characters can make text read as what it is not. */
const escaped = (text: string): string =>
  text
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, ' ')
    .replace(/[&<>"']/g, (each) => entities[each] ?? '');
