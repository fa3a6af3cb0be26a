import type { EntryAnswer } from '../core/entry.ts';
import type { DeclineReason } from '../core/answer-sheet.ts';
import type { AnswerKind } from '../core/referral.ts';

/** What came back on an answer sheet, told to somebody at a front desk. */

const kindWords: Readonly<Record<AnswerKind, string>> = {
  received: 'received',
  accepted: 'accepted',
  scheduled: 'scheduled',
  seen: 'seen, the report follows',
  information: 'more information is needed',
  declined: 'declined',
};

const reasonWords: Readonly<Record<DeclineReason, string>> = {
  insurance: 'insurance',
  specialty: 'not their specialty',
  capacity: 'no capacity',
  unreachable: 'the patient could not be reached',
  other: 'other',
};

const verdictWords: Readonly<Record<Exclude<EntryAnswer['verdict'], 'applied' | 'confirmed'>, string>> = {
  person: 'a person must say what it means',
  repeated: 'this was answered before; nothing was changed',
  expired: 'the sheet is too old; nothing was changed',
  forged: 'an answer sheet that we never sent; nothing was changed',
  foreign: 'an answer sheet of somebody else; nothing was changed',
  unreadable: 'an answer sheet whose code cannot be read; nothing was changed',
};

/** For instance "scheduled for 2026-12-04", "declined (insurance): a person must say what it means". */
export function answerSentence({ kind, date, reasons, doubts, verdict }: EntryAnswer): string {
  const why = reasons.length > 0 ? ` (${reasons.map((each) => reasonWords[each]).join(', ')})` : '';
  const said = kind === null ? '' : `${kindWords[kind]}${date === null ? '' : ` for ${date}`}${why}`;
  const rest = verdict === 'applied' || verdict === 'confirmed' ? [] : [verdictWords[verdict]];
  return [said, ...doubts, ...rest].filter((part) => part !== '').join('; ');
}

const eventWords: Readonly<Record<string, string>> = {
  'answer.applied': 'Answered on the answer sheet',
  'answer.waiting': 'The answer sheet came back; a person must say what it means',
  'answer.repeated': 'The answer sheet came again with an answer that is known; nothing was changed',
  'answer.expired': 'The answer sheet came back too late; a person must say what it means',
  'answer.forged': 'It holds an answer sheet that we never sent; nothing was changed',
  'answer.foreign': 'It holds an answer sheet of another practice; nothing was changed',
  'answer.confirmed': 'A person read the answer sheet',
};

/** Null: the event speaks of something else. */
export function answerEvent(what: string, facts: Readonly<Record<string, string | number | boolean>>): string | null {
  const words = eventWords[what];
  if (words === undefined) return null;
  const kind = facts['answer'] as AnswerKind | undefined;
  const date = facts['date'] === undefined ? '' : ` for ${String(facts['date'])}`;
  const pages = Number(facts['pages'] ?? 0);
  const report = pages > 0 ? `; ${pages} page${pages === 1 ? '' : 's'} filed as the report` : '';
  return `${words}${kind === undefined ? '' : `: ${kindWords[kind]}`}${date}${report}`;
}
