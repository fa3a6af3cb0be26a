import { zipSync, type Zippable } from 'fflate';
import { endings } from '../mime/documents.ts';
import type { About, Carried } from './about.ts';
import { writeMetadata, type Filed } from './metadata-write.ts';
import { xml } from './xml.ts';

/** An XDM package (IHE ITI TF-2 §3.32) of the documents: index and read-me for people, one submission set for machines,
 *  names of eight letters and three. The same documents make the same bytes. */
export function pack(about: About, documents: readonly Carried[]): Carried {
  const filed = documents.map((each, index): Filed => ({ ...each, file: fileName(each, index) }));
  const folder = 'IHE_XDM/SUBSET01/';
  const files: Zippable = {
    'INDEX.HTM': Buffer.from(indexOf(about, filed, folder), 'utf8'),
    'README.TXT': Buffer.from(readMe(about, filed, folder), 'utf8'),
    [`${folder}METADATA.XML`]: writeMetadata(about, filed),
    ...Object.fromEntries(filed.map(({ file, bytes }) => [folder + file, bytes])),
  };
  // Dates of a ZIP begin in 1980.
  const mtime = new Date(Math.max(about.at, Date.UTC(1981, 0)));
  return { name: 'XDM.ZIP', mediaType: 'application/zip', bytes: zipSync(files, { level: 6, mtime }) };
}

/** What the subject of a message with a package must say (IHE ITI TF-2 §3.32.4.1.4). */
export const packageSubject = (subject: string): string =>
  subject.includes('XDM/1.0/DDM') ? subject : `XDM/1.0/DDM ${subject}`;

const fileName = ({ mediaType }: Carried, index: number): string =>
  `DOC${String(index + 1).padStart(5, '0')}.${(endings[mediaType] ?? 'bin').slice(0, 3).toUpperCase()}`;

function indexOf({ practice }: About, documents: readonly Filed[], folder: string): string {
  const items = documents.map(({ file, name }) => `<li><a href="${folder}${file}">${xml(name)}</a></li>`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML Basic 1.1//EN" "http://www.w3.org/TR/xhtml-basic/xhtml-basic11.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en">
<head><title>Documents</title></head>
<body>
<h1>Documents from ${xml(practice.name)}</h1>
<ul>
${items.join('\n')}
</ul>
<p><a href="README.TXT">About this package</a></p>
</body>
</html>
`;
}

const readMe = ({ practice }: About, documents: readonly Filed[], folder: string): string =>
  [
    `Documents from ${practice.name}${practice.phone ? `, ${practice.phone}` : ''}.`,
    'Made by Loopgate (IHE XDM). Open INDEX.HTM in a browser.',
    '',
    ...documents.map(({ file, name }) => `${folder}${file}  ${name}`),
    '',
  ].join('\r\n');
