import { directConfig } from '../../channels/direct/config.ts';
import { openDiscovery, silentDiscovery } from '../../channels/direct/discovery/discover.ts';
import { readBundleSources, readKeyring } from '../../channels/direct/keyring.ts';
import { domainOf } from '../../channels/direct/mime/address.ts';
import { probe, type Look } from '../../channels/direct/probe.ts';
import { openBundles } from '../../channels/direct/trust/bundles.ts';
import { openSources } from '../../channels/direct/trust/sources.ts';
import { loadConfig } from '../config.ts';
import { openNetwork } from '../net/network.ts';
import { Failure, show } from './client.ts';

interface CheckOptions {
  readonly from?: string;
  readonly json?: boolean;
}

const signs = { good: '✓', bad: '✗', later: '…', note: '·' } as const;
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** `direct check`: what would happen to a message for an address, with the settings of this gateway. Looks at the world
 *  itself, so it needs no running gateway; sends nothing. */
export async function checkPartner(to: string, { from: wished, json }: CheckOptions): Promise<void> {
  const config = await loadConfig();
  const section = config.channels['direct'];
  if (section === undefined) throw new Failure(2, 'channels.direct is not switched on');
  const direct = directConfig.parse(section);
  const from = wished ?? config.practices.flatMap(({ addresses }) => addresses['direct'] ?? [])[0];
  if (from === undefined) throw new Failure(2, 'no practice has a Direct address; name one with --from');
  const now = (): number => Date.now();
  const network = openNetwork(config.network, { now });
  const bundles = await openBundles(await readBundleSources(direct), { network, log: quiet, now, cache: direct.cache });
  const looks: Look[] = [];
  const by = {
    config: direct,
    keyring: { ...(await readKeyring(direct)), bundled: bundles.anchors() },
    network,
    sources: openSources(network, now),
    discover: (direct.discovery ? openDiscovery(network, now) : silentDiscovery).discover,
    name: domainOf(from),
    at: now(),
  };
  for await (const each of probe(from.toLowerCase(), to, by)) looks.push(each);
  const verdict = verdictOf(looks);
  show(json, { from, to, verdict, looks }, () => told(looks, verdict));
  if (verdict !== 'would be sent') throw new Failure(1, `a message to ${to} ${verdict}`);
}

/** A decoy beside a good certificate does no harm: what counts is what would be encrypted for, and the way there. */
function verdictOf(looks: readonly Look[]): string {
  const decisive = looks.filter(({ what }) => what !== 'certificate' && what !== 'discovery');
  if (decisive.some(({ fate }) => fate === 'bad')) return 'would be refused';
  return decisive.some(({ fate }) => fate === 'later') ? 'would wait, and be tried again' : 'would be sent';
}

function told(looks: readonly Look[], verdict: string): string {
  const lines = looks.map(
    ({ what, fate, words, todo }) => `${signs[fate]} ${what}: ${words}${todo === null ? '' : ` → ${todo}`}`,
  );
  return [...lines, `A message ${verdict}. Nothing was sent.`].join('\n');
}
