import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '../harness.ts';
import { loopgate as run, type Ended } from './command.ts';
import { neighbourhood, referralForm, type Neighbourhood, type Submitted } from './neighbourhood.ts';

interface Settings {
  http: { port: number };
  practices: { id: string; name: string }[];
  policies?: unknown;
  channels: { direct: { peers: unknown[]; anchors: string[] } };
}

let town: Neighbourhood;
let file: string;
let first: Settings;

beforeAll(async () => {
  town = await neighbourhood();
  file = join(town.folder, 'config.mjs');
  first = JSON.parse(readFileSync(file, 'utf8').slice('export default '.length, -1)) as Settings;
  await town.start();
});
afterAll(() => town.close());

let edits = 0;
function write(settings: unknown): void {
  writeFileSync(file, typeof settings === 'string' ? settings : `export default ${JSON.stringify(settings)};`);
  // Two edits in one tick of the disk's clock are still two.
  utimesSync(file, new Date(), new Date(Date.now() + 1000 * ++edits));
}

const reload = (): Promise<Ended> => run(['reload'], file);
const name = async () => (await town.api<{ practices: { name: string }[] }>('/session')).practices[0]?.name;

async function sendState(): Promise<string> {
  const form = referralForm([{ channel: 'direct', address: town.partner.address('ok') }], 'Please see the patient.');
  const { deliveries } = await town.api<Submitted>('/referrals', { method: 'POST', body: form });
  return until(
    'it is over',
    async () => {
      const { rows } = await town.api<{ rows: { state: string }[] }>(`/deliveries?q=${deliveries[0]?.id ?? ''}`);
      const state = rows[0]?.state ?? '';
      return ['delivered', 'failed', 'held'].includes(state) ? state : null;
    },
    // A try that a busy machine cut short is made again after up to a minute.
    70_000,
  );
}

describe('reload', () => {
  test('puts practices and partners in force while it runs, and names what needs a restart', async () => {
    expect(await sendState()).toBe('delivered');
    const [practice] = first.practices;
    const { direct } = first.channels;
    write({
      ...first,
      http: { ...first.http, port: first.http.port },
      pipeline: { attempt: '90s', retention: '90d' },
      practices: [{ ...practice, name: 'Riverside, moved' }],
      channels: { ...first.channels, direct: { ...direct, peers: [] } },
    });
    expect(await reload()).toMatchObject({
      status: 0,
      stdout: 'in force: practices, channels.direct.peers\nneeds a restart: pipeline.attempt\n',
    });
    expect(await name()).toBe('Riverside, moved');
    expect(await sendState()).toBe('failed');
    const last = await town.api<{ rows: { what: string }[] }>('/events?limit=200');
    expect(last.rows.map(({ what }) => what)).toContain('gateway.reloaded');

    write(first);
    process.kill(town.pid() ?? 0, 'SIGHUP');
    await until('the signal is heard', () => town.output().includes('reloaded: practices, channels.direct.peers\n'));
    expect(await name()).toBe(practice?.name);
    expect(await sendState()).toBe('delivered');
  }, 180_000);

  test('keeps the old settings when anything in the new ones is wrong, and says what', async () => {
    const { direct } = first.channels;
    const renamed = { ...first, practices: [{ ...first.practices[0], name: 'Half of it' }] };
    const broken: [unknown, RegExp][] = [
      ['export default {', /LOOPGATE_CONFIG: .* cannot be read/],
      [{ ...renamed, deadlines: { stat: 'soon' } }, /deadlines\.stat: a duration/],
      [{ ...renamed, channels: { ...first.channels, efax: { accounts: 7 } } }, /channels\.efax\.accounts/],
      [
        { ...renamed, channels: { ...first.channels, direct: { ...direct, anchors: ['/none.pem'] } } },
        /\/none\.pem: cannot be read/,
      ],
    ];
    for (const [settings, says] of broken) {
      write(first);
      const config = join(town.folder, 'client.mjs');
      writeFileSync(config, readFileSync(file));
      write(settings);
      // The client needs settings that hold to find the gateway.
      expect(await run(['reload'], config)).toMatchObject({ status: 1, stderr: expect.stringMatching(says) });
      expect(await name()).toBe(first.practices[0]?.name);
    }
    process.kill(town.pid() ?? 0, 'SIGHUP');
    await until('it says why', () => /not reloaded, the old settings stay in force:\n.*none\.pem/.test(town.output()));
    expect(await sendState()).toBe('delivered');
  }, 180_000);
});
