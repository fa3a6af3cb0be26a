import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Log } from '../core/channel.ts';
import {
  Conflict,
  Denied,
  Duplicate,
  GatewayError,
  Invalid,
  NotFound,
  StorageBroken,
  StorageFull,
  Unavailable,
} from '../errors.ts';

/** Nobody, or nobody any more. */
export class SignedOut extends GatewayError {
  readonly code = 'signed-out';
}

/** Too many requests. `seconds`: how long to wait. */
export class TooMany extends GatewayError {
  readonly code = 'too-many';
  readonly seconds: number;
  constructor(seconds: number) {
    super('too many requests');
    this.seconds = seconds;
  }
}

/** `limit`: the most that is taken, in bytes. */
export class TooLarge extends GatewayError {
  readonly code = 'too-large';
  readonly limit: number;
  constructor(limit: number) {
    super('too large');
    this.limit = limit;
  }
}

/** Browsers make no passkeys for where we are. */
export class NoPasskeys extends GatewayError {
  readonly code = 'no-passkeys';
  constructor() {
    super('Passkeys need an address with a name (http.publicUrl), not an IP address.');
  }
}

interface Problem {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly title: string;
  readonly detail?: string;
  readonly fields?: Readonly<Record<string, string>>;
}

/** What a caller learns of an error. What is not a GatewayError is our fault and says nothing.
 *  A thing that belongs to somebody else reads exactly like a thing that does not exist. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Invalid)
    return { status: 400, code: 'invalid', title: 'The request is wrong', detail: error.message, fields: error.fields };
  if (error instanceof SignedOut) return { status: 401, code: 'signed-out', title: 'Sign in first' };
  if (error instanceof Denied) return { status: 403, code: 'denied', title: 'Not allowed', detail: error.message };
  if (error instanceof NotFound) return { status: 404, code: 'not-found', title: 'There is no such thing here' };
  if (error instanceof Conflict)
    return { status: 409, code: 'conflict', title: 'Not as it stands now', detail: error.message };
  if (error instanceof NoPasskeys)
    return { status: 409, code: 'no-passkeys', title: 'No passkeys here', detail: error.message };
  if (error instanceof Duplicate) return { status: 409, code: 'duplicate', title: 'It is here already' };
  if (error instanceof TooLarge)
    return {
      status: 413,
      code: 'too-large',
      title: 'Too large',
      detail: `At most ${megabytes(error.limit)} MB; nothing was kept.`,
    };
  if (error instanceof TooMany)
    return { status: 429, code: 'too-many', title: 'Too many requests', detail: `Wait ${error.seconds} seconds.` };
  if (error instanceof StorageFull)
    return { status: 507, code: 'storage-full', title: 'No room', detail: 'Nothing was kept. Send it again later.' };
  if (error instanceof StorageBroken)
    return { status: 503, code: 'storage-broken', title: 'Cannot keep anything', detail: 'Nothing more is taken.' };
  if (error instanceof Unavailable)
    return { status: 503, code: 'unavailable', title: 'The store does not answer; ask again' };
  return { status: 500, code: 'internal', title: 'Something broke on our side' };
}

/** RFC 9457. */
export function problemResponse(error: unknown, log: Log): Response {
  const { status, ...body } = problemOf(error);
  if (status >= 500) log.error('request.broke', { status }, error);
  const headers = new Headers({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
  if (error instanceof TooMany) headers.set('retry-after', String(error.seconds));
  if (error instanceof StorageFull || error instanceof StorageBroken) headers.set('retry-after', '30');
  if (error instanceof Unavailable) headers.set('retry-after', '5');
  if (error instanceof SignedOut) headers.set('www-authenticate', 'Bearer');
  return new Response(JSON.stringify({ type: 'about:blank', status, ...body }), { status, headers });
}

const megabytes = (bytes: number): number => Math.floor(bytes / 1024 / 1024);
