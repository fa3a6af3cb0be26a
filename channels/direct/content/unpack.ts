import { createHash } from 'node:crypto';
import { Malformed } from '../cms/der.ts';
import { displayName, type FoundDocument } from '../mime/documents.ts';
import { readMetadata, type Described } from './metadata-read.ts';
import { isZip, unzip, type Unzipped } from './unzip.ts';

export interface Unpacked {
  readonly documents: readonly FoundDocument[];
  /** For people: what is not as the package says. They quote no content and no names. */
  readonly remarks: readonly string[];
  /** How many patients its metadata tells apart; 0: it names none. */
  readonly patients: number;
}

/** The documents of a message with XDM packages (IHE ITI-32) opened: the documents in place of their package. What cannot
 *  be opened stays as it came, with a remark; other archives stay too.
 *  Each package is opened by itself: none can take room from the other. */
export async function unpackAll(documents: readonly FoundDocument[]): Promise<Unpacked> {
  const opened: Unpacked[] = [];
  for (const document of documents) opened.push(await unpack(document));
  return {
    documents: opened.flatMap((each) => each.documents),
    remarks: opened.flatMap((each) => each.remarks),
    patients: Math.max(0, ...opened.map(({ patients }) => patients)),
  };
}

async function unpack(document: FoundDocument): Promise<Unpacked> {
  const asItCame = { documents: [document], remarks: [], patients: 0 };
  if (!isZip(document.bytes)) return asItCame;
  try {
    const files = await unzip(document.bytes);
    const metadata = files.find(({ path }) => /(^|\/)metadata\.xml$/i.test(path));
    return metadata ? take(files, metadata) : asItCame;
  } catch (cause) {
    if (!(cause instanceof Malformed)) throw cause;
    const remark = `a package of documents (ZIP) could not be opened: ${cause.message}`;
    return { ...asItCame, remarks: [`${remark}; ask its sender for the documents themselves`] };
  }
}

function take(files: readonly Unzipped[], metadata: Unzipped): Unpacked {
  const described = readMetadata(metadata.bytes);
  const left = new Set(files.filter(({ path }) => !isPacking(path)));
  const found = described.map((each) => ({ described: each, file: locate(each, metadata.path, left) }));
  for (const each of found) {
    // The only one that is left must be the one that is not found by any name.
    const [rest] = left;
    if (!each.file && left.size === 1 && rest) each.file = taken(rest, left);
  }
  const named = found.flatMap(({ described: each, file }, index) =>
    file ? [{ ...documentOf(file, each, index), problems: mismatches(each, file) }] : [],
  );
  const missing = found.flatMap(({ file }, index) => (file ? [] : [`document ${index + 1} of the package is missing`]));
  const unnamed = [...left].map((file, index) => documentOf(file, null, named.length + index));
  return {
    documents: [...named.map(({ name, mediaType, bytes }) => ({ name, mediaType, bytes })), ...unnamed],
    remarks: [
      ...missing,
      ...named.flatMap(({ problems }, index) => problems.map((why) => `document ${index + 1} of the package ${why}`)),
      ...(unnamed.length > 0 ? [`the package holds ${unnamed.length} more than it names`] : []),
    ],
    patients: new Set(described.flatMap(({ patient }) => patient ?? [])).size,
  };
}

/** What belongs to the wrapping: index and style sheets for browsers, read-me, what systems leave behind. */
const isPacking = (path: string): boolean =>
  /(^|\/)(metadata\.xml|index\.html?|readme\.txt|\.ds_store|thumbs\.db|[^/]+\.(xsl|xslt|css))$|(^|\/)__macosx\//i.test(
    path,
  );

function taken(file: Unzipped, left: Set<Unzipped>): Unzipped {
  left.delete(file);
  return file;
}

/** By its URI from the metadata's own folder, then from anywhere; without one by its id. Case says nothing. */
function locate({ uri, ids }: Described, metadata: string, left: Set<Unzipped>): Unzipped | null {
  const folder = metadata.slice(0, metadata.lastIndexOf('/') + 1).toLowerCase();
  const wanted = (uri ?? '').replace(/^(\.?\/)+/, '').toLowerCase();
  const last = wanted.slice(wanted.lastIndexOf('/') + 1);
  const names = uri === null ? ids.map((id) => id.toLowerCase()) : [];
  const fits: ((path: string, base: string) => boolean)[] =
    uri === null
      ? [(_, base) => names.includes(base) || names.includes(base.replace(/\.[^.]*$/, ''))]
      : [
          (path) => path === folder + wanted,
          (path) => path.endsWith(`/${wanted}`) || path === wanted,
          (_, base) => base === last,
        ];
  for (const fit of fits) {
    const file = [...left].find(({ path }) =>
      fit(path.toLowerCase(), path.slice(path.lastIndexOf('/') + 1).toLowerCase()),
    );
    if (file) return taken(file, left);
  }
  return null;
}

function documentOf({ path, bytes }: Unzipped, described: Described | null, index: number): FoundDocument {
  const mediaType = described?.mediaType ?? 'application/octet-stream';
  return { name: displayName(path, mediaType, index + 1), mediaType, bytes };
}

function mismatches({ size, hash }: Described, { bytes }: Unzipped): string[] {
  const actual = createHash('sha1').update(bytes).digest('hex');
  return [
    ...(size !== null && size !== bytes.length ? ['has another size than the package says'] : []),
    ...(hash !== null && hash !== actual ? ['is not what the package says (its hash differs)'] : []),
  ];
}
