/** RFC 4180, with a byte order mark so that spreadsheets read it as UTF-8. */
export const csvHead = (names: readonly string[]): string => `\uFEFF${csvLine(names)}`;

export const csvLine = (cells: readonly (string | number | boolean | null)[]): string =>
  `${cells.map(cell).join(',')}\r\n`;

/** A cell that a spreadsheet would calculate is made text by an apostrophe (ASVS 5.0 1.2.10). */
function cell(value: string | number | boolean | null): string {
  const text = value === null ? '' : String(value);
  const inert = typeof value === 'string' && /^[=+\-@\t\r\n\0]/.test(text) ? `'${text}` : text;
  return `"${inert.replaceAll('"', '""')}"`;
}
