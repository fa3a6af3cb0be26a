import { parsePhoneNumberFromString, type PhoneNumber } from 'libphonenumber-js/max';
import { faxOf } from '../../src/core/link.ts';
import type { Endpoint } from '../../src/core/message.ts';

/** Of an endpoint of ours the number itself; of another channel whose link we carry, the one it names. */
export const numberAt = ({ address }: Endpoint): string => faxOf(address) ?? address;

/** Kinds of numbers that cost the caller extra, or where no practice's fax machine stands. */
const barred: readonly ReturnType<PhoneNumber['getType']>[] = ['PREMIUM_RATE', 'SHARED_COST', 'PAGER', 'VOICEMAIL'];

/** North American numbers that the number plan's data lets through: 976 is premium in every area,
 *  and N11 (911, 411, …) is never an exchange. */
const barredExchange = /^\+1\d{3}(?:976|[2-9]11)\d{4}$/;

/** Why a number must not be faxed to, or null when it may.
 *  @param own our own numbers: a fax to oneself would come back as a new arrival, for ever. */
export function objection(number: string, own: readonly string[]): string | null {
  const parsed = parsePhoneNumberFromString(number);
  if (!parsed || parsed.number !== number || parsed.ext !== undefined || !parsed.isValid()) {
    return 'no telephone number has this form: +, country code, area code, number';
  }
  if (own.includes(number)) return 'our own number';
  if (barred.includes(parsed.getType()) || barredExchange.test(number))
    return 'a premium or special number, which is never dialled';
  return null;
}
