import { dateText, phoneText, type Case, type Sender } from './world.ts';

/** Writes values as HTML and remembers which it showed. */
export class Writer {
  readonly shown: Record<string, string> = {};
  readonly sender: Sender;
  constructor(sender: Sender) {
    this.sender = sender;
  }
  /** A value of a field. */
  v(key: string, text: string | null): string {
    if (text === null) return '';
    this.shown[key] = text;
    return `<span class="t v">${text}</span>`;
  }
  phone(key: string, digits: string): string {
    return this.v(key, phoneText(digits, this.sender.phoneStyle));
  }
  date(key: string, iso: string): string {
    return this.v(key, dateText(iso, this.sender.dateStyle));
  }
}

export const t = (text: string, tag = 'span', style = ''): string =>
  `<${tag} class="t" style="${style}">${text}</${tag}>`;
export const lines = (text: string, width = 88): string => {
  const rows: string[] = [''];
  for (const word of text.split(' ')) {
    if ((rows.at(-1) ?? '').length + word.length > width) rows.push('');
    rows[rows.length - 1] = `${rows.at(-1) ?? ''} ${word}`.trim();
  }
  return rows.map((row) => `<div>${t(row)}</div>`).join('');
};
const box = (key: string | null, value: string, checked: boolean): string =>
  `<i class="b" data-group="${key ?? ''}" data-value="${value}" data-checked="${checked ? 1 : 0}">${checked ? '✕' : ''}</i>`;

export const full = ({ first, last }: { first: string; last: string }): string => `${first} ${last}`;
const urgencies = ['routine', 'urgent', 'stat'] as const;
const ticks = (c: Case): string =>
  urgencies
    .map(
      (each) =>
        box('referral.urgency', each, each === c.urgency) +
        t(each === 'stat' ? 'STAT' : each === 'urgent' ? 'Urgent' : 'Routine'),
    )
    .join('');

export function marks(w: Writer, c: Case): string {
  w.shown['referral.urgency'] = `checkbox:${c.urgency}`;
  return ticks(c);
}
