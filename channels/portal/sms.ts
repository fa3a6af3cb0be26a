import axios from 'axios';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { SmsConfig } from './config.ts';

/** The number to text a code to, in E.164, when there is one. */
export function textable(phone: string | null): string | null {
  const number = phone === null ? undefined : parsePhoneNumberFromString(phone, 'US');
  return number?.isValid() ? number.number : null;
}

/** Telnyx messaging, `POST /v2/messages`. False when it was not taken: staff can still read the code out. */
export async function text(sms: SmsConfig, to: string, words: string, signal: AbortSignal): Promise<boolean> {
  try {
    await axios.post(
      `${sms.baseUrl}/messages`,
      { from: sms.from, to, text: words },
      {
        headers: { authorization: `Bearer ${sms.apiKey}` },
        timeout: 10_000,
        maxRedirects: 0,
        maxContentLength: 64 * 1024,
        proxy: false,
        signal,
      },
    );
    return true;
  } catch {
    return false;
  }
}
