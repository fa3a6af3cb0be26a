import { z } from '@hono/zod-openapi';
import { parsePhoneNumberFromString } from 'libphonenumber-js';
import type { DeliveryId } from '../core/message.ts';
import { NotFound } from '../errors.ts';
import type { DeliveryQuery, Search } from '../store/store.ts';
import { sees, type Caller } from './access.ts';
import { search } from './requests.ts';
import { deliveryState, time, urgency } from './shapes.ts';

const idPattern = /^(?:dlv|msg|att)_[0-9a-z]{26}$/;

/** What the delivery log can be narrowed by, as it stands in an address. */
export const logFilter = z.object({
  state: deliveryState.optional(),
  channel: z.string().max(40).optional(),
  practice: z.string().max(100).optional(),
  urgency: urgency.optional(),
  doubt: z.literal('1').optional().openapi({ description: 'only what may have arrived without word' }),
  overdue: z.literal('1').optional().openapi({ description: 'only what should have been proven by now' }),
  from: time.optional(),
  to: time.optional(),
  q: search.openapi({
    description: "an id, an address, a number in any form, or words of a recipient's name",
  }),
  ids: z
    .string()
    .max(6000)
    .transform((text) =>
      text
        .split(',')
        .filter((id) => idPattern.test(id))
        .slice(0, 200),
    )
    .optional()
    .openapi({ description: 'up to 200 deliveries, by commas' }),
});

export type LogFilter = z.output<typeof logFilter>;

/** @param patients search by patients' names too
 *  @throws NotFound for a practice that the caller does not see. */
export function logQuery(
  filter: LogFilter,
  caller: Caller,
  now: number,
  patients = false,
): Omit<DeliveryQuery, 'limit' | 'cursor'> {
  const { state, channel, practice, urgency, doubt, overdue, from, to, q, ids } = filter;
  if (practice !== undefined && !sees(caller, practice)) throw new NotFound('not here');
  return {
    practices: practice === undefined ? caller.practices : [practice],
    state,
    channel,
    urgency,
    doubt: doubt === undefined ? undefined : true,
    overdueAt: overdue === undefined ? undefined : now,
    from: from === undefined ? undefined : Date.parse(from),
    to: to === undefined ? undefined : Date.parse(to),
    ids: ids as DeliveryId[] | undefined,
    search: q === undefined || q === '' ? undefined : searchFor(q, patients),
  };
}

const searchFor = (text: string, patients: boolean): Search => ({
  text,
  number: /^[\d\s()+.-]{7,}$/.test(text) ? (parsePhoneNumberFromString(text, 'US')?.number ?? null) : null,
  patients,
});

/** Whoever searches by words may be looking for a patient: that is put on record. */
export const seeksNames = ({ search }: Pick<DeliveryQuery, 'search'>): boolean =>
  search?.patients === true && search.number === null && !/[@_\d]/.test(search.text);
