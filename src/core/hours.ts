/** When an office is open: on these days (0 is Sunday) from then to then, by the clock of its zone. */
export interface Hours {
  /** IANA name, for instance America/New_York. */
  readonly zone: string;
  readonly days: readonly number[];
  /** Minutes after midnight. */
  readonly from: number;
  readonly to: number;
}

const minute = 60_000;
const day = 24 * 60 * minute;

/** The first moment at or after `at` when the office is open, epoch ms; `at` itself when its days never come. */
export function opening({ zone, days, from, to }: Hours, at: number): number {
  // A week and a day: each day is looked at once whole. Days of 23 and 25 hours are why the clock is read anew each time.
  for (let moment = at; moment < at + 8 * day;) {
    const { weekday, minutes } = clockIn(zone, moment);
    const opens = days.includes(weekday) && minutes < to;
    if (opens && minutes >= from) return moment;
    const wait = opens ? from - minutes : 24 * 60 - minutes;
    moment = Math.floor(moment / minute) * minute + wait * minute;
  }
  return at;
}

const names = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

function clockIn(zone: string, at: number): { readonly weekday: number; readonly minutes: number } {
  const parts = formatOf(zone).formatToParts(at);
  const read = (type: string): string => parts.find((part) => part.type === type)?.value ?? '';
  return { weekday: names.indexOf(read('weekday')), minutes: Number(read('hour')) * 60 + Number(read('minute')) };
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** @throws RangeError when there is no such zone. */
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const options = { timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const made = new Intl.DateTimeFormat('en-US', options);
  formats.set(zone, made);
  return made;
}
