import axios from 'axios';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { accepted, deferred, refused, unknown, type Outcome } from '../../src/core/outcome.ts';
import { retryAfter } from '../../src/core/retry-after.ts';
import type { SmsConfig } from './config.ts';

/** The number to text to, in E.164, when there is one. */
export function textable(phone: string | null): string | null {
  const number = phone === null ? undefined : parsePhoneNumberFromString(phone, 'US');
  return number?.isValid() ? number.number : null;
}

export type Text = (
  to: string,
  words: string,
  handingOver: () => Promise<void>,
  signal: AbortSignal,
) => Promise<Outcome>;

/** Telnyx messaging, `POST /v2/messages`. Once the company has named a time to come back, it is not asked before. */
export function texter(sms: SmsConfig, now: () => number): Text {
  let quietUntil = 0;
  return async (to, words, handingOver, signal) => {
    if (now() < quietUntil) return deferred('throttled', 'the company asked us to wait', quietUntil);
    await handingOver();
    try {
      const { status, headers, data } = await axios.post<unknown>(
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
      if (status === 429 || status === 503) {
        quietUntil = retryAfter(headers['retry-after'], now()) ?? 0;
        return deferred('throttled', String(status), quietUntil > now() ? quietUntil : undefined);
      }
      return outcomeOf(status, data);
    } catch (cause) {
      return lost(cause);
    }
  };
}

function outcomeOf(status: number, data: unknown): Outcome {
  if (status >= 200 && status < 300) return accepted(nameIn(data));
  if (status === 401 || status === 403) return deferred('unauthorized', String(status));
  if (status >= 400 && status < 500) return refused('rejected', String(status));
  return unknown('interrupted', String(status));
}

/** The company's own name for the text. */
function nameIn(data: unknown): string | undefined {
  const id = (data as { readonly data?: { readonly id?: unknown } } | null)?.data?.id;
  return typeof id === 'string' && /^[\w-]{1,100}$/.test(id) ? id : undefined;
}

/** No connection: nothing left. Else the company may have it. */
function lost(cause: unknown): Outcome {
  const code = axios.isAxiosError(cause) ? (cause.code ?? '') : '';
  if (['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].includes(code))
    return deferred('unreachable', code);
  return unknown(code === 'ECONNABORTED' || code === 'ETIMEDOUT' ? 'timeout' : 'interrupted', code);
}
