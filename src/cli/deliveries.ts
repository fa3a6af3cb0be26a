import { Command, Option } from 'commander';
import type { DeliveryLine, DeliveryView, Explanation, Listed, MessageView, ReferralView } from '../http/shapes.ts';
import { connect, Failure, show, table, type Client } from './client.ts';

export function showCommand(): Command {
  return new Command('show')
    .description('the story of a message, delivery or referral')
    .argument('<id>', 'msg_…, dlv_… or ref_…')
    .option('--json', 'print JSON')
    .action(async (id: string, { json }: { readonly json?: boolean }) => {
      const client = await connect();
      const message = await client.get<MessageView>(`/messages/${await messageOf(client, id)}`);
      show(json, message, () => storyOf(message));
    });
}

async function messageOf(client: Client, id: string): Promise<string> {
  if (id.startsWith('msg_')) return id;
  if (id.startsWith('ref_')) return (await client.get<ReferralView>(`/referrals/${id}`)).message;
  const { rows } = await client.get<Listed<DeliveryLine>>(`/deliveries?limit=1&q=${encodeURIComponent(id)}`);
  const [row] = rows;
  if (!row) throw new Failure(1, `there is no ${id} here`);
  return row.message;
}

function storyOf(message: MessageView): string {
  const head = `${message.id}  ${message.urgency}, from ${message.origin.channel}, proof due ${message.deadline}`;
  const deliveries = message.deliveries.map(({ id, state, summary }) => `${id}  ${state}  ${summary}`);
  const moments = message.timeline.map(
    ({ at, text, evidence }) => `  ${at}  ${text}${evidence ? `  [${evidence}]` : ''}`,
  );
  return [head, ...deliveries, '', ...moments].join('\n');
}

interface LogOptions {
  readonly state?: string;
  readonly channel?: string;
  readonly follow?: boolean;
  readonly json?: boolean;
}

export function logCommand(): Command {
  return new Command('log')
    .description('the delivery log, newest first')
    .addOption(
      new Option('--state <state>', 'what is known of it').choices([
        'pending',
        'sending',
        'sent',
        'delivered',
        'failed',
        'held',
        'cancelled',
      ]),
    )
    .option('--channel <channel>', 'direct, efax, portal or intake')
    .option('--follow', 'go on with what happens, line by line')
    .option('--json', 'print JSON')
    .action(async (options: LogOptions) => {
      const client = await connect();
      const query = new URLSearchParams({ limit: '50' });
      for (const name of ['state', 'channel'] as const) if (options[name]) query.set(name, options[name]);
      const list = await client.get<Listed<DeliveryLine>>(`/deliveries?${query.toString()}`);
      show(options.json, list, () => logOf(list.rows));
      if (!options.follow) return;
      for await (const event of client.events()) {
        show(options.json, event, () => `${event.at}  ${event.what.padEnd(24)} ${event.subject}`);
      }
    });
}

function logOf(rows: readonly DeliveryLine[]): string {
  if (rows.length === 0) return 'no delivery here yet';
  const lines = rows.map((row) => [
    row.id,
    row.state,
    row.channel ?? '-',
    row.address ?? '-',
    row.urgency,
    row.receivedAt,
  ]);
  return table([['DELIVERY', 'STATE', 'CHANNEL', 'ADDRESS', 'URGENCY', 'RECEIVED'], ...lines]);
}

export function explainCommand(): Command {
  return new Command('explain')
    .description('the routes weighed for a delivery, and why')
    .argument('<id>', 'dlv_…')
    .option('--json', 'print JSON')
    .action(async (id: string, { json }: { readonly json?: boolean }) => {
      const why = await (await connect()).get<Explanation>(`/deliveries/${id}/explain`);
      show(json, why, () => explained(why));
    });
}

function explained({ summary, policy, weighed, evidence }: Explanation): string {
  const rows = weighed.map(({ place, channel, address, verdict }) => [
    place === null ? '-' : String(place),
    channel,
    address,
    verdict,
  ]);
  return [
    summary,
    '',
    table([['PLACE', 'CHANNEL', 'ADDRESS', 'VERDICT'], ...rows]),
    `policy ${policy.version} for ${policy.urgency}: ${policy.order.join(' › ')}`,
    ...(evidence.length > 0 ? ['', 'evidence:'] : []),
    ...evidence.map(({ at, text }) => `  ${at}  ${text}`),
  ].join('\n');
}

/** A person's decision, with its reason. */
export function decisionCommand(verb: 'retry' | 'cancel' | 'hold' | 'confirm', description: string): Command {
  return new Command(verb)
    .description(description)
    .argument('<id>', 'dlv_…')
    .requiredOption('--reason <words>', 'kept with the record')
    .option('--json', 'print JSON')
    .action(async (id: string, { reason, json }: { readonly reason: string; readonly json?: boolean }) => {
      const delivery = await (await connect()).post<DeliveryView>(`/deliveries/${id}/${verb}`, { reason });
      show(json, delivery, () => `${delivery.id}  ${delivery.state}  ${delivery.summary}`);
    });
}
