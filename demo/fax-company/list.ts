import type { Fax } from './fax.ts';

/** GET /faxes: newest first, filtered and paged as Telnyx does. */
export function listed(faxes: readonly Fax[], query: URLSearchParams): unknown {
  const found = faxes.filter((fax) => matches(fax, query)).reverse();
  const size = Math.min(250, Number(query.get('page[size]') ?? 20));
  const number = Number(query.get('page[number]') ?? 1);
  return {
    data: found.slice((number - 1) * size, number * size),
    meta: {
      total_pages: Math.ceil(found.length / size),
      total_results: found.length,
      page_number: number,
      page_size: size,
    },
  };
}

function matches(fax: Fax, query: URLSearchParams): boolean {
  const is = (field: 'direction' | 'from' | 'to'): boolean =>
    (query.get(`filter[${field}][eq]`) ?? fax[field]) === fax[field];
  const at = Date.parse(fax.created_at);
  const bound = (word: string, fits: (bound: number) => boolean): boolean => {
    const value = query.get(`filter[created_at][${word}]`);
    return value === null || fits(Date.parse(value));
  };
  return (
    is('direction') &&
    is('from') &&
    is('to') &&
    bound('gte', (from) => at >= from) &&
    bound('gt', (from) => at > from) &&
    bound('lte', (to) => at <= to) &&
    bound('lt', (to) => at < to)
  );
}
