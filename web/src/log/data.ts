import { useInfiniteQuery, type InfiniteData } from '@tanstack/react-query';
import { useState } from 'react';
import type { DeliveryLine, Listed } from '../../../src/http/shapes.ts';
import { ask, client } from '../api.ts';
import { useLive } from '../live.ts';
import { mayBeName, type Filter } from './filter.ts';

type Page = Listed<DeliveryLine>;
const together = 100;
const peeked = 50;

interface Wanted {
  readonly filter: Filter;
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly background?: boolean;
}

/** Words that may name a patient travel in the body, never in an address. */
function load({ filter, limit, cursor, background = false }: Wanted): Promise<Page> {
  if (mayBeName(filter.q ?? '')) {
    const body = { ...filter, limit, ...(cursor === undefined ? {} : { cursor }) };
    return ask<Page>('deliveries/search', { method: 'POST', body, background });
  }
  const query = new URLSearchParams({ ...filter, limit: String(limit), ...(cursor === undefined ? {} : { cursor }) });
  return ask<Page>(`deliveries?${query}`, { background });
}

export interface LogData {
  readonly rows: readonly DeliveryLine[];
  readonly pending: boolean;
  readonly error: Error | null;
  readonly live: boolean;
  /** How many came since, and wait behind a button; `peeked` or more is shown as such. */
  readonly fresh: number;
  readonly more: boolean;
  readonly loadMore: () => void;
  /** Start at the top again. */
  readonly renew: () => void;
}

export const manyFresh = peeked;

/** The log, page after page. What is shown changes in its place as news comes; what is new is only counted. */
export function useLog(filter: Filter): LogData {
  const key = ['deliveries', filter];
  const list = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => load({ filter, limit: together, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    staleTime: Infinity,
    gcTime: 60_000,
  });
  const [fresh, setFresh] = useState(0);
  const rows = list.data?.pages.flatMap((page) => page.rows) ?? [];
  const live = useLive((subjects) => {
    void freshen(subjects).catch(() => undefined);
  });

  async function freshen(subjects: ReadonlySet<string>): Promise<void> {
    const shown = rows.filter(({ id }) => subjects.has(id)).map(({ id }) => id);
    if (shown.length > 0) {
      const { rows: changed } = await load({ filter: byIds(shown), limit: 200, background: true });
      patch(key, new Map(changed.map((row) => [row.id, row])));
    }
    if (shown.length === subjects.size) return;
    const { rows: top } = await load({ filter, limit: peeked, background: true });
    const newest = rows[0]?.id ?? '';
    setFresh(top.filter(({ id }) => id > newest).length);
  }

  return {
    rows,
    pending: list.isPending,
    error: list.error,
    live,
    fresh,
    more: list.hasNextPage,
    loadMore: () => {
      if (list.hasNextPage && !list.isFetching) void list.fetchNextPage();
    },
    renew: () => {
      setFresh(0);
      void client.resetQueries({ queryKey: key });
    },
  };
}

const byIds = (ids: readonly string[]): Filter => ({ ids: ids.slice(0, 200).join(',') }) as Filter;

function patch(key: readonly unknown[], changed: ReadonlyMap<string, DeliveryLine>): void {
  client.setQueryData<InfiniteData<Page>>(
    key,
    (data) =>
      data && {
        ...data,
        pages: data.pages.map((page) => ({ ...page, rows: page.rows.map((row) => changed.get(row.id) ?? row) })),
      },
  );
}
