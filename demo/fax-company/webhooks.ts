import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Behaviour, Fax } from './fax.ts';

export interface WebhookCall {
  readonly event: string;
  readonly fax: string;
  readonly attempt: number;
  /** Null: no answer. */
  readonly status: number | null;
}

export interface Caller {
  /** 32 bytes, base64: what the portal shows. */
  readonly publicKey: string;
  readonly calls: WebhookCall[];
  /** The headers of a genuine call with this body. `at`: epoch ms. */
  readonly sign: (body: string | Uint8Array, at: number) => Record<string, string>;
  /** Makes the events of one fax known as they happen, or in the way of its behaviour. */
  about(fax: Fax, url: string | null, behaviour: Behaviour): Reporter;
}

export interface Reporter {
  say(event: FaxEvent): void;
  /** All are told, answered or given up. */
  end(): Promise<void>;
}

/** An event and what its payload says beyond the fax itself. */
export interface FaxEvent {
  readonly type: string;
  readonly status: Fax['status'];
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** Webhooks as Telnyx makes them: signed, up to three times until one is answered 2xx within two seconds. */
export function webhookCaller(now: () => number, retryDelays: readonly number[], closing: AbortSignal): Caller {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const calls: WebhookCall[] = [];
  /** False: the company is closing. */
  const pause = (ms: number): Promise<boolean> =>
    sleep(ms, undefined, { signal: closing }).then(
      () => true,
      () => false,
    );

  function signed(body: string | Uint8Array, at: number): Record<string, string> {
    const timestamp = String(Math.floor(at / 1000));
    const text = Buffer.concat([Buffer.from(`${timestamp}|`), Buffer.from(body)]);
    return {
      'content-type': 'application/json',
      'telnyx-timestamp': timestamp,
      'telnyx-signature-ed25519': sign(null, text, privateKey).toString('base64'),
    };
  }

  async function call(url: string, fax: Fax, { data }: { data: { event_type: string } }): Promise<void> {
    for (const [index, delay] of [0, ...retryDelays].entries()) {
      if (!(await pause(delay))) return;
      const body = JSON.stringify({ data, meta: { attempt: index + 1, delivered_to: url } });
      const signal = AbortSignal.any([closing, AbortSignal.timeout(2000)]);
      const status = await fetch(url, {
        method: 'POST',
        body,
        headers: signed(body, now()),
        signal,
        redirect: 'manual',
      })
        .then(async (reply) => (await reply.arrayBuffer(), reply.status))
        .catch(() => null);
      calls.push({ event: data.event_type, fax: fax.id, attempt: index + 1, status });
      if (status !== null && status >= 200 && status < 300) return;
    }
  }

  return {
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64'),
    calls,
    sign: signed,
    about(fax, url, behaviour) {
      const running: Promise<void>[] = [];
      const held: FaxEvent[] = [];
      const tell = (event: FaxEvent): void => {
        const body = envelope(fax, event, now());
        const copies = behaviour === 'duplicates' ? 3 : 1;
        for (let copy = 0; url !== null && copy < copies; copy++) running.push(call(url, fax, body));
      };
      return {
        say(event) {
          if (behaviour === 'reorders') held.unshift(event);
          else if (behaviour !== 'silent') tell(event);
        },
        async end() {
          for (const event of held) {
            tell(event);
            await Promise.all(running);
          }
          await Promise.all(running);
        },
      };
    },
  };
}

function envelope(fax: Fax, { type, status, extra }: FaxEvent, at: number) {
  return {
    data: {
      record_type: 'event',
      event_type: type,
      id: randomUUID(),
      occurred_at: new Date(at).toISOString(),
      payload: {
        fax_id: fax.id,
        connection_id: fax.connection_id,
        direction: fax.direction,
        from: fax.from,
        to: fax.to,
        user_id: '19a75cea-02c6-4b9a-84fa-c9bc8341feb8',
        status,
        client_state: fax.client_state,
        ...(fax.direction === 'outbound' ? { original_media_url: fax.media_url } : {}),
        ...extra,
      },
    },
  };
}
