import { QueryClient } from '@tanstack/react-query';
import type { Me } from '../../src/http/people-shapes.ts';
import type { ProblemView } from '../../src/http/shapes.ts';

/** An answer that was not a yes. Its words may be shown. */
export class Problem extends Error {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  constructor(status: number, message: string, fields: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.fields = fields;
  }
}

export const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (count, error) => count < 2 && !(error instanceof Problem && error.status < 500),
    },
  },
});

interface Asking {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** FormData goes as it is, everything else as JSON. */
  readonly body?: unknown;
  /** The sender's own name for it: the same twice is done once. */
  readonly idempotencyKey?: string;
  /** The page asks by itself: this must not keep a forgotten session alive. */
  readonly background?: boolean;
}

/** @throws Problem; a 401 also signs the page out. */
export async function ask<T>(
  path: string,
  { method = 'GET', body, idempotencyKey, background = false }: Asking = {},
): Promise<T> {
  const headers: Record<string, string> = {};
  if (body !== undefined && !(body instanceof FormData)) headers['content-type'] = 'application/json';
  if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
  if (background) headers['x-loopgate-background'] = '1';
  const carried = body instanceof FormData ? body : JSON.stringify(body);
  const init = { method, headers, ...(body === undefined ? {} : { body: carried }) };
  const answer = await fetch(`/api/v1/${path}`, init).catch(() => {
    throw new Problem(0, 'The gateway does not answer. Nothing was changed; try again in a moment.');
  });
  if (answer.status === 204) return undefined as T;
  if (answer.ok) return (await answer.json()) as T;
  const problem = (await answer.json().catch(() => null)) as Partial<ProblemView> | null;
  if (answer.status === 401) signedOut();
  const { title, detail, code, fields } = problem ?? {};
  const told = code === 'invalid' && detail ? [detail] : [title, detail].filter((each) => each !== undefined);
  throw new Problem(answer.status, told.map(sentence).join(' ') || 'Something went wrong.', fields);
}

export const sentence = (words: string): string =>
  `${words.slice(0, 1).toUpperCase()}${words.slice(1)}${/[.!?…]$/.test(words) ? '' : '.'}`;

/** The sign-in is shown, and nothing of what was seen stays for whoever signs in next. */
export function signedOut(): void {
  // First what shows the sign-in: a page that watches a query that is gone hears of nothing.
  client.setQueryData<Me | null>(['me'], null);
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'me' });
}

/** Who is signed in; null: nobody. */
export const whoAmI = async (): Promise<Me | null> => {
  try {
    return await ask<Me>('session');
  } catch (cause) {
    if (cause instanceof Problem && cause.status === 401) return null;
    throw cause;
  }
};
