import { existsSync, readFileSync } from 'node:fs';

/** What each fault test wrote about itself (test/fault/table.ts), as one table for the README. '' when there is nothing. */
export function tableOf(file: string): string {
  if (!existsSync(file)) return '';
  const rows = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Readonly<Record<string, string | number | null>>)
    .sort((a, b) => String(a['test']).localeCompare(String(b['test'])));
  if (rows.length === 0) return '';
  const heads = {
    test: 'test',
    size: 'size',
    faults: 'kills and faults',
    lost: 'lost',
    duplicates: 'duplicates',
    falseReceipts: 'false receipts',
    inDoubt: 'in doubt',
    seconds: 's',
  };
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return [
    line(Object.values(heads)),
    line(Object.values(heads).map(() => '---')),
    ...rows.map((row) => line(Object.keys(heads).map((key) => String(row[key] ?? '–')))),
  ].join('');
}
