import type { Channel, Practice } from '../core/channel.ts';
import type { PracticeId } from '../core/message.ts';
import { Unprintable, type Draft, type Preview } from '../core/press.ts';
import type { RequestedReferral } from '../core/recipient.ts';
import type { Barred } from '../core/standing.ts';
import { Invalid } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { recipientOf } from './recipients.ts';
import { sealed } from './records.ts';
import { barOf } from './standing.ts';
import type { ReceiveDeps } from './receive.ts';
import { checkedFiles, type Submission } from './submit.ts';

interface Deps {
  readonly store: Store;
  readonly now: () => number;
  readonly practices: readonly Practice[];
  readonly channels: ReadonlyMap<string, Channel>;
}

export interface Previewed extends Preview {
  readonly number: string;
  /** Why it would wait for a person, or never be dialled. Null: nothing stands in its way. */
  readonly barred: Barred | null;
}

/** The fax that a referral would become, before anything is kept or sent.
 *  @throws Invalid with the fields at fault */
export function preview(deps: Deps & Pick<ReceiveDeps, 'patientsOf'>) {
  return async ({ practice, referral, documents }: Wanted): Promise<Previewed> => {
    const recipient = await recipientOf(deps.store, practice, referral.recipient);
    const endpoint = recipient.endpoints.find(({ channel }) => deps.channels.get(channel)?.preview);
    if (!endpoint) throw new Invalid('there is no fax number', { 'recipient.endpoints': 'a fax number is needed' });
    const at = deps.now();
    const checked = await checkedFiles(deps, documents, referral.patient);
    const files = checked.map((file) => sealed(null, 'carried', file, at));
    const to = { name: recipient.name, fax: endpoint.address };
    const preview = await drawn(deps, practice, { to, urgency: referral.urgency, documents: files });
    const barred = await barOf(deps, practice, endpoint, 'asked');
    return { ...preview, number: endpoint.address, barred };
  };
}

/** The practice's cover sheet as a stranger would get it, PNG.
 *  @throws Invalid when the practice does not fax */
export function drawCover(deps: Deps) {
  return async (practice: PracticeId): Promise<Uint8Array> => {
    const to = { name: 'Sample Cardiology', fax: '+12125550123' };
    const preview = await drawn(deps, practice, { to, urgency: 'urgent', documents: [] });
    const [first] = preview.pages;
    if (!first) throw new Error('a fax without a cover sheet');
    return first.png;
  };
}

async function drawn({ practices, channels }: Deps, id: PracticeId, draft: Omit<Draft, 'practice'>): Promise<Preview> {
  const practice = practices.find((each) => each.id === id);
  const channel = [...channels.values()].find(({ preview }) => preview);
  if (!practice || !channel?.preview) throw new Invalid('nothing is faxed here');
  try {
    return await channel.preview({ ...draft, practice });
  } catch (cause) {
    if (!(cause instanceof Unprintable)) throw cause;
    throw new Invalid(`this cannot be faxed, and nothing was sent: ${cause.detail}`);
  }
}

interface Wanted extends Pick<Submission, 'documents'> {
  readonly practice: PracticeId;
  readonly referral: RequestedReferral;
}
