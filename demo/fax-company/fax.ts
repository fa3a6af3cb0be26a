/** What the far end of a call does. `{ fails }` ends with that failure_reason; the rest are trouble of other kinds. */
export type Behaviour =
  | 'ok'
  | 'busy'
  | 'no answer'
  | 'not a fax'
  | 'invalid number'
  /** The call ends after the first page. */
  | 'partial'
  /** The company cannot make sense of the file. */
  | 'media failure'
  /** Delivered, after a long call. */
  | 'slow'
  /** Delivered, but no webhook ever says so. */
  | 'silent'
  /** Delivered, and every webhook comes three times at once. */
  | 'duplicates'
  /** Delivered, and the webhooks come last first. */
  | 'reorders'
  /** Delivered, but the connection breaks before the POST is answered. */
  | 'drops the reply'
  /** Delivered, and the POST is answered with something that is no JSON. */
  | 'garbles the reply'
  /** POST is answered 422, 403, 429 with Retry-After: 30, 500, or 503 with Retry-After: 30; nothing is taken. */
  | 'rejects'
  | 'forbids'
  | 'throttles'
  | 'breaks'
  | 'unavailable'
  | { readonly fails: string };

/** Telnyx's fax object, as its API shows it. */
export interface Fax {
  readonly record_type: 'fax';
  readonly id: string;
  readonly connection_id: string;
  readonly direction: 'inbound' | 'outbound';
  readonly from: string;
  readonly to: string;
  readonly quality: string;
  readonly store_media: boolean;
  readonly client_state: string | null;
  readonly webhook_url: string | null;
  readonly created_at: string;
  media_url: string;
  updated_at: string;
  status:
    'queued' | 'media.processed' | 'sending' | 'delivered' | 'failed' | 'receiving' | 'media.processing' | 'received';
  failure_reason: string | null;
  internal_failure_reason: string | null;
}

const endings: Readonly<Partial<Record<string, string>>> = {
  busy: 'user_busy',
  'no answer': 'receiver_no_answer',
  'not a fax': 'fax_initial_communication_timeout',
  'invalid number': 'receiver_unallocated_number',
  partial: 'receiver_call_dropped',
  'media failure': 'media_processing_exception',
};

/** How a call ends, in Telnyx's words. Null: well. */
export const failureOf = (behaviour: Behaviour): string | null =>
  typeof behaviour === 'object' ? behaviour.fails : (endings[behaviour] ?? null);

export interface ApiError {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly pointer?: string;
  readonly retryAfter?: number;
}

export const unauthenticated: ApiError = {
  status: 401,
  code: '10009',
  title: 'Authentication failed',
  detail: 'The required authentication headers were either invalid or not included in the request.',
};
export const noSuchFax: ApiError = {
  status: 404,
  code: '10005',
  title: 'Resource not found',
  detail: 'The requested resource or URL could not be found.',
};

const problem = (code: string, title: string, pointer: string): ApiError => ({
  status: 422,
  code,
  title,
  detail: `${title}: ${pointer.slice(1)}`,
  pointer,
});

/** What the API finds wrong with a POST /faxes, first thing first. */
export function problemWith(job: Readonly<Record<string, unknown>>, connectionId: string): ApiError | null {
  for (const field of ['connection_id', 'from', 'to']) {
    if (typeof job[field] !== 'string') return problem('10004', 'Missing required parameter', `/${field}`);
  }
  if (typeof job['media_url'] !== 'string') return problem('10004', 'Missing required parameter', '/media_url');
  if (job['connection_id'] !== connectionId) return problem('10015', 'Invalid value', '/connection_id');
  for (const field of ['from', 'to']) {
    const number = job[field] as string;
    if (!/^\+[1-9]\d{7,14}$/.test(number)) return problem('10016', 'Phone number must be in +E164 format', `/${field}`);
  }
  const state = job['client_state'];
  if (
    state !== undefined &&
    (typeof state !== 'string' || !/^(?:[A-Za-z0-9+/]{4})*(?:[\w+/]{2}==|[\w+/]{3}=)?$/.test(state))
  ) {
    return problem('10015', 'Invalid value', '/client_state');
  }
  return null;
}

const refusals: Readonly<Partial<Record<string, ApiError>>> = {
  rejects: problem('10015', 'Invalid value', '/to'),
  forbids: { status: 403, code: '10010', title: 'Not authorized', detail: 'You are not authorized to do that.' },
  throttles: { status: 429, code: '10011', title: 'Too many requests', detail: 'Too many requests.', retryAfter: 30 },
  breaks: { status: 500, code: '10007', title: 'Unexpected error', detail: 'An unexpected error occurred.' },
  unavailable: { status: 503, code: '10008', title: 'Unavailable', detail: 'Try again later.', retryAfter: 30 },
};

/** What a POST is turned down with at the door, by this behaviour. */
export const refusalOf = (behaviour: Behaviour): ApiError | null =>
  typeof behaviour === 'object' ? null : (refusals[behaviour] ?? null);
