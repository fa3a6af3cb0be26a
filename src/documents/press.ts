import type { Answer } from '../core/box.ts';
import { Unprintable, type Cover, type Press } from '../core/press.ts';
import { acceptable } from './media-type.ts';
import { maxPages } from './limits.ts';
import type { OpenedFile, Sandbox } from './sandbox.ts';
import { several } from './several.ts';
import { joined } from './tiff-write.ts';

/** Prints documents for a fax line, opening them in the sandbox. What draws our own pages is loaded with the first fax. */
export const openPress = (sandbox: Sandbox): Press => ({
  async fax(cover, documents) {
    const sheets = await printed(sandbox, cover, documents, (file, page, line) => file.fax(page, line));
    return { tiff: joined(sheets), pages: sheets.length };
  },
  async link(cover, link) {
    const { linkSheet } = await import('./link-sheet.ts');
    const file = printable(await sandbox.open('application/pdf', await linkSheet(cover, link)));
    return { tiff: joined([printable(await file.fax(0, margin(cover, 1, 1)))]), pages: 1 };
  },
  async preview(cover, documents) {
    const sheets = await printed(sandbox, cover, documents, (file, page, line) => file.preview(page, line));
    return sheets.map((sheet, index) => {
      const ours = index < ownPages(cover);
      return { ...sheet, ours, warnings: ours ? [] : sheet.warnings };
    });
  },
});

/** Cover sheet and answer sheet. */
const ownPages = ({ answer }: Cover): number => (answer ? 2 : 1);

/** Every page in order, made by `print`. */
async function printed<T>(
  sandbox: Sandbox,
  cover: Cover,
  documents: Parameters<Press['fax']>[1],
  print: (file: OpenedFile, page: number, line: string) => Promise<Answer<T>>,
): Promise<T[]> {
  const files: OpenedFile[] = [];
  for (const { document, bytes } of documents) {
    const accepted = acceptable(document.name, document.mediaType, bytes);
    if ('problem' in accepted) throw new Unprintable(accepted.problem);
    files.push(printable(await sandbox.open(accepted.mediaType, bytes)));
  }
  const pages = ownPages(cover) + files.reduce((sum, file) => sum + file.pages, 0);
  if (pages > maxPages) throw new Unprintable(`the fax would have ${pages} pages: at most ${maxPages} are sent`);
  const { coverSheet } = await import('./cover.ts');
  const front = printable(await sandbox.open('application/pdf', await coverSheet(cover, pages)));
  const all = [front, ...(await answering(sandbox, cover)), ...files];
  const places = all.flatMap((file) => Array.from({ length: file.pages }, (_, page) => ({ file, page })));
  return several(places, sandbox.width, async ({ file, page }, index) =>
    printable(await print(file, page, margin(cover, index + 1, pages))),
  );
}

/** Page 2, right behind the cover: the last pages are the ones that a call that breaks loses. */
async function answering(sandbox: Sandbox, { answer, from, to, reference, at }: Cover): Promise<OpenedFile[]> {
  if (!answer) return [];
  const { answerSheet } = await import('./sheet-print.ts');
  const { name, phone } = from;
  const pdf = await answerSheet({ ...answer, from: name, phone, to: to.name, reference, sentAt: at });
  return [printable(await sandbox.open('application/pdf', pdf))];
}

/** Sender, call-back and reference on every page, as lost pages must find their way; never anything about a patient. */
const margin = ({ from, reference }: Cover, page: number, pages: number): string =>
  `${from.name}   ${from.phone}   ref ${reference}   page ${page} of ${pages}`;

function printable<T>(answer: Answer<T>): T {
  if (!answer.ok) throw new Unprintable(answer.problem);
  return answer.value;
}
