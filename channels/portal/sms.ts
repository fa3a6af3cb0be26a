import axios from 'axios';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { retryAfter } from '../../src/core/retry-after.ts';
import type { SmsConfig } from './config.ts';

/** The number to text a code to, in E.164, when there is one. */
export function textable(phone: string | null): string | null {
  const number = phone === null ? undefined : parsePhoneNumberFromString(phone, 'US');
  return number?.isValid() ? number.number : null;
}

/** Telnyx messaging, `POST /v2/messages`. False when it was not taken: staff can still read the code out. Once the
 *  company has named a time to come back, it is not asked before. */
export function texter(
  sms: SmsConfig,
  now: () => number,
): (to: string, words: string, signal: AbortSignal) => Promise<boolean> {
  let quietUntil = 0;
  return async (to, words, signal) => {
    if (now() < quietUntil) return false;
    try {
      const { status, headers } = await axios.post(
        `${sms.baseUrl}/messages`,
        { from: sms.from, to, text: words },
        {
          headers: { authorization: `Bearer ${sms.apiKey}` },
          timeout: 10_000,
          maxRedirects: 0,
          maxContentLength: 64 * 1024,
          proxy: false,
          validateStatus: () => true,
          signal,
        },
      );
      if (status === 429 || status === 503) quietUntil = retryAfter(headers['retry-after'], now()) ?? 0;
      return status >= 200 && status < 300;
    } catch {
      return false;
    }
  };
}
