import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '../harness.ts';
import { loopgate as run } from './command.ts';
import { neighbourhood, type Neighbourhood } from './neighbourhood.ts';

let town: Neighbourhood;
let letter: string;

beforeAll(async () => {
  town = await neighbourhood();
  await town.start();
  letter = join(town.folder, 'letter.txt');
  writeFileSync(letter, 'Please see this patient.');
});
afterAll(() => town.close());

const loopgate = (words: readonly string[], config = join(town.folder, 'config.mjs')) => run(words, config);

describe('the command line', () => {
  test('sends, waits for proof, and shows the story with what explains it', async () => {
    const sent = await loopgate(['send', '--to', town.partner.address('ok'), '--document', letter, '--wait']);
    expect(sent).toMatchObject({ status: 0, stderr: '' });
    const id = /dlv_\w+/.exec(sent.stdout)?.[0] ?? '';
    expect(sent.stdout).toMatch(/Arrived by Direct mail/);
    expect((await loopgate(['show', id])).stdout).toMatch(/Received 1 document/);
    const why = await loopgate(['explain', id]);
    expect(why.stdout).toMatch(/PLACE +CHANNEL/);
    expect(JSON.parse((await loopgate(['explain', id, '--json'])).stdout)).toMatchObject({ delivery: id });
    expect((await loopgate(['log', '--state', 'delivered'])).stdout).toContain(id);
    const receipt = join(town.folder, 'receipt.json');
    expect(await loopgate(['receipt', 'get', id, '--out', receipt])).toMatchObject({ status: 0, stderr: '' });
    const keys = (await loopgate(['audit', 'keys'])).stdout.trim().split('\n');
    const key = keys.find((each) => each.startsWith('loopgate/')) ?? '';
    const holds = await loopgate(['receipt', 'verify', receipt, '--key', key, '--document', letter]);
    expect(holds).toMatchObject({ status: 0, stdout: 'the receipt holds\n' });
    writeFileSync(receipt, readFileSync(receipt, 'utf8').replace(/"place": (\d+)/, '"place": 1$1'));
    expect(await loopgate(['receipt', 'verify', receipt, '--key', key])).toMatchObject({ status: 1 });
  });

  test('verifies the record beside the gateway, and finds a line that somebody altered', async () => {
    const signed = await loopgate(['audit', 'checkpoint']);
    expect(signed.stdout).toMatch(/^loopgate\/\S+\n\d+\n[\w+/]{43}=\ntime /m);
    const sound = await loopgate(['audit', 'verify']);
    expect(sound).toMatchObject({ status: 0, stdout: expect.stringMatching(/the record is as it was written\n$/) });
    const db = new DatabaseSync(join(town.folder, 'data', 'loopgate.db'), { timeout: 5_000 });
    db.exec(`update events set at = at + 1 where nth = 1`);
    const found = await loopgate(['audit', 'verify']);
    expect(found).toMatchObject({ status: 1, stdout: expect.stringMatching(/line 1: it was altered/) });
    db.exec(`update events set at = at - 1 where nth = 1`);
    db.close();
  });

  test('says in one line what is wrong, with the exit code that scripts rely on', async () => {
    expect(
      await loopgate(['send', '--to', 'x@far.example', '--document', join(town.folder, 'none.pdf')]),
    ).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/none\.pdf cannot be read\n$/),
    });
    expect(await loopgate(['send', '--document', letter])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--to'),
    });
    expect(await loopgate(['send', '--to', '1234567893', '--document', letter])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/recipient\.npi: no recipient of yours has this NPI: keep him first.*\n$/),
    });
    expect(await loopgate(['send', '--to', '+15550', '--document', letter])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/\+15550 is no fax number: .*nothing was sent\n$/),
    });
    expect(await loopgate(['send', '--to', 'desk@', '--document', letter])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/nothing was sent; .*0\.address: no address for Direct mail; one looks like .*\n$/),
    });
    const patient = join(town.folder, 'patient.json');
    writeFileSync(patient, 'Rosa Delgado');
    const { stderr } = await loopgate(['send', '--to', 'x@far.example', '--document', letter, '--patient', patient]);
    expect(stderr).toMatch(/patient\.json is not JSON; nothing was sent\n$/);
    expect((await loopgate(['frobnicate'])).status).toBe(2);
    expect(await loopgate(['show', 'msg_unknown'])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^loopgate: nothing here has the id \w+\n$/),
    });
    expect((await loopgate(['log', '--help'])).status).toBe(0);
    const nowhere = join(town.folder, 'nowhere.mjs');
    writeFileSync(nowhere, `export default { data: ${JSON.stringify(join(town.folder, 'data'))}, http: { port: 1 } }`);
    expect(await loopgate(['log'], nowhere)).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('start it with: npm start'),
    });
  });

  test('holds, retries and cancels with a reason, and refuses what makes no sense', async () => {
    const { deliveries } = JSON.parse(
      (await loopgate(['send', '--to', town.partner.address('busy'), '--document', letter, '--json'])).stdout,
    ) as { deliveries: { id: string }[] };
    const id = deliveries[0]?.id ?? '';
    await until('it was tried', async () =>
      (await town.api<{ rows: { tries: number; state: string }[] }>(`/deliveries?q=${id}`)).rows.some(
        ({ tries, state }) => tries > 0 && state === 'pending',
      ),
    );
    expect((await loopgate(['hold', id, '--reason', 'patient asked'])).stdout).toMatch(/held/);
    // Nothing of it has left the house, so nobody can have it.
    expect(await loopgate(['confirm', id, '--reason', 'phoned'])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/cannot be confirmed now/),
    });
    expect((await loopgate(['cancel', id, '--reason', 'patient asked'])).stdout).toMatch(/cancelled/);
    expect(await loopgate(['retry', id, '--reason', 'again'])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/is cancelled/),
    });
  });

  test('lists, shows, accepts and rejects what came in', async () => {
    await town.partner.refer('referrals@riverside.example', {
      name: 'a.txt',
      mediaType: 'text/plain',
      bytes: Buffer.from('Patient: Ada Brook\nDate of birth: 04/09/1961'),
    });
    const id = await until(
      'an entry',
      async () => /itk_\w+/.exec((await loopgate(['intake', 'list'])).stdout)?.[0],
      30_000,
    );
    expect((await loopgate(['intake', 'show', id])).stdout).toMatch(/Ada Brook/);
    expect((await loopgate(['intake', 'accept', id, '--set', 'patient.name=Ada Lee'])).stdout).toMatch(
      /accepted +ref_/,
    );
    expect(await loopgate(['intake', 'reject', id, '--reason', 'twice'])).toMatchObject({ status: 1 });
  });

  test('checks and shows the settings, without their secrets', async () => {
    expect(await loopgate(['config', 'check'])).toMatchObject({ status: 0, stdout: 'the settings are fine\n' });
    const shown = (await loopgate(['config', 'show', '--json'])).stdout;
    const settings = JSON.parse(shown) as { path: string; value: unknown; from: string }[];
    expect(settings).toContainEqual({ path: 'log', value: 'info', from: join(town.folder, 'config.mjs') });
    expect(settings).toContainEqual({ path: 'pipeline.retention', value: '90d', from: 'default' });
    expect((await loopgate(['config', 'show'])).stdout).toMatch(/^pipeline\.retention +"90d" +default$/m);
    expect(shown).not.toContain('KEY-of-the-emulator');
    const broken = join(town.folder, 'broken.mjs');
    writeFileSync(broken, 'export default { deadlines: { stat: 1 } }');
    expect(await loopgate(['config', 'check'], broken)).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('deadlines.stat'),
    });
    const mail = { host: '127.0.0.1', from: 'us@riverside.example', port: 25 };
    const lonely = { channels: { portal: { mail, fax: true }, pigeon: {} } };
    writeFileSync(broken, `export default ${JSON.stringify(lonely)}`);
    expect((await loopgate(['config', 'check'], broken)).stdout.trim().split('\n')).toEqual([
      'channels.pigeon: there is no such channel',
      'channels.portal: asks for channels.efax, which is off',
    ]);
  });
});
