import { XMLParser } from 'fast-xml-parser';
import { Malformed } from '../cms/der.ts';

/** One document as an XDM package's METADATA.XML describes it; null where it says nothing. */
export interface Described {
  /** Names by which its file may be found when there is no URI. */
  readonly ids: readonly string[];
  readonly uri: string | null;
  readonly mediaType: string | null;
  readonly title: string | null;
  readonly size: number | null;
  /** SHA-1, hex, lower case. */
  readonly hash: string | null;
  /** Whose document it is, as the sender numbers patients. */
  readonly patient: string | null;
}

type Element = Readonly<Record<string, unknown>>;

const maxBytes = 5_000_000;
const maxDocuments = 500;
const uniqueId = 'urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab';

/** Every element is a list, every text an own member: one shape for whatever strangers leave out or repeat. */
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  alwaysCreateTextNode: true,
  removeNSPrefix: true,
  processEntities: false,
  htmlEntities: false,
  parseTagValue: false,
  parseAttributeValue: false,
  isArray: (_name, _path, _leaf, isAttribute) => !isAttribute,
});

/** The documents of an ebRIM SubmitObjectsRequest (IHE ITI TF-3 §4.2), in order, whatever stands around them.
 *  @throws Malformed */
export function readMetadata(file: Buffer): Described[] {
  if (file.length > maxBytes) throw new Malformed('the package’s metadata is too large');
  const xml = textOf(file);
  if (/<!(DOCTYPE|ENTITY)/i.test(xml)) throw new Malformed('the package’s metadata carries a DOCTYPE');
  const objects = parsed(xml);
  if (objects.length === 0) throw new Malformed('the package’s metadata names no document');
  if (objects.length > maxDocuments) throw new Malformed('the package’s metadata names too many documents');
  return objects.map(describe);
}

/** fast-xml-parser gives up at a hundred levels by itself. */
function parsed(xml: string): Element[] {
  try {
    return elements([parser.parse(xml) as Element], 'ExtrinsicObject');
  } catch {
    throw new Malformed('the package’s metadata cannot be read');
  }
}

function describe(object: Element): Described {
  const size = Number(slot(object, 'size') ?? NaN);
  const unique = list(object, 'ExternalIdentifier').find(
    (each) => attribute(each, 'identificationScheme')?.toLowerCase() === uniqueId,
  );
  const named = list(object, 'Name').flatMap((name) => list(name, 'LocalizedString'));
  return {
    ids: [attribute(object, 'id'), unique ? attribute(unique, 'value') : null].flatMap((id) => id ?? []),
    uri: slot(object, 'URI'),
    mediaType: attribute(object, 'mimeType')?.toLowerCase() ?? null,
    title: named.map((each) => attribute(each, 'value')).find((value) => value !== null) ?? null,
    size: Number.isSafeInteger(size) && size >= 0 ? size : null,
    hash: /^[0-9a-f]{40}$/i.exec(slot(object, 'hash') ?? '')?.[0].toLowerCase() ?? null,
    patient: slot(object, 'sourcePatientId'),
  };
}

/** A URI longer than a value may be stands as `1|first`, `2|rest` (TF-3 §4.2.3.2.28). */
function slot(object: Element, name: string): string | null {
  const found = list(object, 'Slot').find((each) => attribute(each, 'name')?.toLowerCase() === name.toLowerCase());
  const values = list(list(found ?? {}, 'ValueList')[0] ?? {}, 'Value').map(({ '#text': text }) =>
    typeof text === 'string' ? plain(text).trim() : '',
  );
  const pieces = values.length > 1 && values.every((value) => /^\d\|/.test(value));
  const value = pieces ? values.map((each) => each.slice(2)).join('') : (values[0] ?? '');
  return value === '' ? null : value;
}

/** Elements of that name anywhere below. */
function elements(within: readonly Element[], name: string): Element[] {
  return within.flatMap((element) =>
    Object.entries(element).flatMap(([key, value]) => {
      if (!Array.isArray(value)) return [];
      return key === name ? (value as Element[]) : elements(value as Element[], name);
    }),
  );
}

const list = (element: Element, name: string): readonly Element[] => {
  const value = element[name];
  return Array.isArray(value) ? (value as Element[]) : [];
};

function attribute(element: Element, name: string): string | null {
  const value = element[`@${name}`];
  return typeof value === 'string' && value.trim() !== '' ? plain(value).trim() : null;
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Some senders escape twice. */
function plain(text: string): string {
  const once = (each: string): string =>
    each.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => named[name] ?? '');
  return once(once(text));
}

/** UTF-8, or UTF-16 where its mark says so. */
function textOf(file: Buffer): string {
  const mark = file.subarray(0, 2).toString('hex');
  return new TextDecoder(mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8').decode(file);
}
