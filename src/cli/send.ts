import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, Option } from 'commander';
import { parsePhoneNumberFromString } from 'libphonenumber-js';
import type { Endpoint } from '../core/message.ts';
import type { FaxPreview } from '../http/preview-shapes.ts';
import type { MessageView } from '../http/shapes.ts';
import { connect, Failure, show, type Client } from './client.ts';

interface Options {
  readonly to: readonly string[];
  readonly document: readonly string[];
  readonly patient?: string;
  readonly urgency: string;
  readonly wait?: boolean;
  readonly preview?: boolean;
  readonly json?: boolean;
}

interface Submitted {
  readonly referral: string;
  readonly message: string;
  readonly deliveries: readonly { readonly id: string; readonly state: string }[];
}

export function sendCommand(): Command {
  return new Command('send')
    .description('hand over a referral; it is on disk when this returns')
    .requiredOption(
      '--to <whom...>',
      'NPI or id of a recipient whom the practice keeps; or Direct address, fax number (+12125550199), portal:<e-mail, number or fax:number>, best first',
    )
    .requiredOption('--document <file...>', 'PDF, TIFF, PNG, JPEG, C-CDA or text')
    .option('--patient <file>', 'JSON: the `patient` part of a referral')
    .addOption(
      new Option('--urgency <urgency>', 'how soon proof is due')
        .choices(['routine', 'urgent', 'stat'])
        .default('routine'),
    )
    .option('--preview', 'show the fax that it would become: pages, warnings, time, price; nothing is sent')
    .option('--wait', 'until it is delivered (exit 0) or a person must look (exit 1)')
    .option('--json', 'print JSON')
    .action(send);
}

async function send(options: Options): Promise<void> {
  const form = new FormData();
  const patient = options.patient === undefined ? null : await readPatient(options.patient);
  const recipient = whom(options.to);
  form.set('referral', JSON.stringify({ patient, recipient, urgency: options.urgency }));
  for (const file of options.document) form.append('document', new File([await readOrFail(file)], basename(file)));
  const client = await connect();
  if (options.preview) {
    const preview = await client.form<FaxPreview>('/referrals/preview?images=0', form);
    show(options.json, preview, () => previewOf(preview));
    return;
  }
  const submitted = await client.form<Submitted>('/referrals', form);
  const message = options.wait ? await settled(client, submitted.message) : null;
  show(options.json, message ?? submitted, () =>
    message
      ? message.deliveries.map(({ id, summary }) => `${id}  ${summary}`).join('\n')
      : `accepted ${submitted.referral} (${submitted.message})\n${submitted.deliveries.map(({ id, state }) => `${id}  ${state}`).join('\n')}`,
  );
  if (message?.deliveries.some(({ state }) => state !== 'delivered')) {
    const last = message.timeline.findLast(({ tone }) => tone !== 'plain')?.text;
    throw new Failure(1, `not delivered${last ? `: ${last}` : ''} See: npx loopgate show ${submitted.message}`);
  }
}

/** One word says who it is, or several where he is reached. */
function whom(words: readonly string[]) {
  const [only = '', ...more] = words;
  if (more.length === 0 && only.startsWith('rcp_')) return { id: only };
  if (more.length === 0 && /^\d{10}$/.test(only)) return { npi: only };
  return { endpoints: words.map(endpoint) };
}

function previewOf({ number, barred, pages, seconds, prices }: FaxPreview): string {
  const warned = pages.flatMap((page) => page.warnings.map(({ text }) => `page ${page.number}: ${text}`));
  const costs = prices.map(({ account, amount, currency }) => `${amount.toFixed(2)} ${currency} by ${account}`);
  return [
    `${pages.length} pages to ${number}, about ${Math.ceil(seconds / 60)} min on the line; nothing was sent`,
    ...(costs.length > 0 ? [`price: ${costs.join(', ')}`] : []),
    ...(barred === null ? [] : [`it would not be dialled now: ${barred}`]),
    ...warned,
  ].join('\n');
}

/** One word says the channel: an @ is Direct, digits are fax. */
function endpoint(text: string): Endpoint {
  if (text.startsWith('portal:')) return { channel: 'portal', address: text.slice('portal:'.length) };
  if (text.includes('@')) return { channel: 'direct', address: text };
  const number = parsePhoneNumberFromString(text, 'US');
  if (number?.isPossible() && !/^\d{10}$/.test(text)) return { channel: 'efax', address: number.number };
  throw new Failure(
    2,
    /^[\d\s()+.-]+$/.test(text)
      ? `${text} is no fax number: one looks like +12125550199, with country and area code; nothing was sent`
      : `${text} is no NPI, no id of a recipient (rcp_…), no Direct address, no fax number and no portal:<e-mail>; nothing was sent`,
  );
}

async function settled(client: Client, id: string): Promise<MessageView> {
  for (;;) {
    const message = await client.get<MessageView>(`/messages/${id}`);
    if (message.deliveries.every(({ state }) => ['delivered', 'failed', 'held', 'cancelled'].includes(state)))
      return message;
    await sleep(500);
  }
}

/** Its words are the patient's: what is wrong with them is not quoted. */
async function readPatient(file: string): Promise<unknown> {
  const text = Buffer.from(await readOrFail(file)).toString();
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure(2, `${file} is not JSON; nothing was sent`);
  }
}

async function readOrFail(file: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(file));
  } catch {
    throw new Failure(2, `${file} cannot be read`);
  }
}
