import { contentOf, Malformed, tags, type Value } from '../cms/der.ts';

/** UTCTime or GeneralizedTime, epoch ms. @throws Malformed */
export function timeOf(value: Value): number {
  const text = contentOf(value).toString('latin1');
  const digits = value.tag === tags.utcTime ? (Number(text.slice(0, 2)) < 50 ? '20' : '19') + text : text;
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?Z$/.exec(digits);
  if (!parts) throw new Malformed('a time is not in the expected form');
  const [, year, month, day, hour, minute, second = '0'] = parts;
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
}
