import sharp from 'sharp';
import { directories } from '../../src/documents/tiff.ts';
import { faxInPdf } from '../documents/fax-pdf.ts';
import { bytesOf, pdfOf } from '../documents/tools.ts';
import type { Case, Entry } from './cases.ts';
import { fax } from './fax-cases.ts';
import { faxOf } from './files.ts';
import { enclose, shown, text } from './letter-cases.ts';
import type { HostileTown } from './town.ts';

/** Pages that people must be able to read, or that must do nothing when they are shown. */

/** Everything that a PDF can try to do when it is opened. */
function lively(lure: string): Uint8Array {
  const words = 'BT /F1 18 Tf 72 700 Td (Please see this patient) Tj ET';
  return pdfOf([
    '<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert\\(1\\); this.exportDataObject\\(\\)) >> /Names << /EmbeddedFiles << /Names [(a.exe) 7 0 R] >> >> /AcroForm << /XFA 6 0 R /Fields [] >> >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> /AA << /O << /S /URI /URI (${lure}) >> >> /Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 612 792] /A << /S /Launch /F (cmd.exe) >> >>] >>`,
    `<< /Length ${words.length} >>\nstream\n${words}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    '<< /Length 8 >>\nstream\n<xdp/>..\nendstream',
    `<< /Type /Filespec /F (${lure}) /UF (a.exe) /EF << >> >>`,
  ]);
}

/** What a person sees of it: pictures, and the file itself for saving only. */
async function seen(town: HostileTown, entry: Entry): Promise<string> {
  const id = entry.documents[0]?.id ?? '';
  const page = await town.ask(`/documents/${id}/pages/1.png`);
  const file = await town.ask(`/documents/${id}`);
  const policy = file.headers.get('content-security-policy')?.split(';')[0] ?? 'no policy';
  return `${text(entry).trim()} | ${page.headers.get('content-type')} | ${policy}`;
}

/** A page of dots in black and white, as a machine of another maker codes it: twice as wide as they are high. */
const coded = async (dots: Uint8Array, width: number, height: number, miniswhite = true): Promise<Uint8Array> => {
  const raw = sharp(dots, { raw: { width, height, channels: 1 } }).toColourspace('b-w');
  const resolution = { resolutionUnit: 'inch', xres: 204 / 25.4, yres: 98 / 25.4 } as const;
  const tiff = raw.tiff({ compression: 'ccittfax4', bitdepth: 1, miniswhite, ...resolution });
  return new Uint8Array(await tiff.toBuffer());
};

const filled = (width: number, height: number, shade: (at: number) => number): Uint8Array =>
  new Uint8Array(width * height).map((_, at) => shade(at));

const printed = `Reason for referral: palpitations
Please see this patient within a week.`;

/** What a fax machine sends of it. */
async function strip(): Promise<{ readonly bytes: Uint8Array; readonly width: number; readonly height: number }> {
  const whole = await faxOf(printed);
  const [page] = directories(whole, 1).pages;
  const [offset = 0, count = 0] = [page?.offsets[0], page?.counts[0]];
  return { bytes: whole.subarray(offset, offset + count), width: page?.width ?? 0, height: page?.height ?? 0 };
}

/** It is read: whoever sees a blank page finds nothing here. */
const legible = (name: string, bytes: () => Promise<Uint8Array>): Case => ({
  name,
  act: async (town) => ({ ...(await fax(town, await bytes())), look: (entry) => (entry ? text(entry) : 'nothing') }),
  answer: /^200$/,
  found: /palpitations/,
  entry: /^/,
});

const empty = (name: string, shade: number): Case => ({
  name,
  act: async (town) =>
    fax(
      town,
      await coded(
        filled(1728, 1078, () => shade),
        1728,
        1078,
      ),
    ),
  answer: /^200$/,
  entry: /no text was found/,
});

const narrative =
  '<component><section><title>X</title><text>&lt;script&gt;alert(1)&lt;/script&gt; {{7*7}} =cmd <linkHtml href="javascript:alert(1)">here</linkHtml></text></section></component>';

export const paperCases: readonly Case[] = [
  {
    name: '38: a PDF with scripts, programs, links and files in it',
    async act(town) {
      let lured = 'nobody was lured';
      const lure = town.publish((reply) => {
        lured = 'it was followed';
        reply.end();
      });
      const look = async (entry: Entry | null): Promise<string> =>
        `${entry ? await seen(town, entry) : 'nothing'} | ${lured}`;
      return { ...(await fax(town, lively(lure))), look };
    },
    answer: /^200$/,
    found: /^Please see this patient \| image\/png \| sandbox \| nobody was lured$/,
    entry: /^/,
  },
  legible('39: a received fax coded as G4 in a PDF', async () => {
    const { bytes, width, height } = await strip();
    return faxInPdf(bytes, width, height);
  }),
  legible('42: a received fax whose dots are twice as wide, and black where others are white', async () => {
    const page = sharp(await faxOf(printed))
      .greyscale()
      .resize(1728, 1078, { fit: 'fill' });
    return coded(new Uint8Array(await page.raw().toBuffer()), 1728, 1078, false);
  }),
  empty('43: a blank page', 255),
  empty('43: a page all black', 0),
  {
    name: '44: a page of noise',
    async act(town) {
      const noise = filled(200, 200, (at) => (((at * 7919 * ((at >> 5) + 1)) >> 3) % 2 === 0 ? 255 : 0));
      const sent = await fax(town, await coded(noise, 200, 200));
      return { ...sent, look: (entry) => `${entry?.sheets.length ?? 0} page` };
    },
    answer: /^200$/,
    found: /^1 page$/,
    entry: /^/,
  },
  shown(
    '55: by Direct, a C-CDA with a script and a link to one',
    (town) =>
      enclose(town, {
        name: 'filename="a.xml"',
        type: 'text/xml',
        bytes: bytesOf(`<ClinicalDocument xmlns="urn:hl7-org:v3">${narrative}</ClinicalDocument>`),
      }),
    text,
    /.*<script>alert\(1\)<\/script> \{\{7\*7\}\} =cmd here.*/,
  ),
];
