import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { edgeConfig } from '../channels/direct/edge/config.ts';
import { loadConfig } from '../src/config.ts';
import type { Field, FieldName } from '../src/core/entry.ts';
import { missingIn } from '../src/core/missing.ts';

const folder = mkdtempSync(join(tmpdir(), 'loopgate-config-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function own(settings: string): string {
  const file = join(folder, `${Math.random().toString(36).slice(2)}.mjs`);
  writeFileSync(file, `export default ${settings}`);
  return file;
}

const problems = (environment: Record<string, string>): Promise<readonly string[]> =>
  loadConfig(environment).then(
    () => [],
    (cause: unknown) => (cause as { problems: readonly string[] }).problems,
  );

test('the commented default file holds by itself, with durations in milliseconds', async () => {
  const config = await loadConfig({});
  expect(config.deadlines).toEqual({ stat: 900_000, urgent: 3_600_000, routine: 86_400_000 });
  expect(config.keys).toBe(`${config.data}-keys`);
});

test('a file of one’s own changes what it names, and the environment wins over it', async () => {
  const file = own(`{ http: { port: 9000 }, deadlines: { stat: '10m' } }`);
  const config = await loadConfig({
    LOOPGATE_CONFIG: file,
    LOOPGATE_HTTP_PORT: '9001',
    LOOPGATE_DATA: join(folder, 'd'),
    LOOPGATE_HTTP_PUBLIC_URL: 'https://gw.example',
  });
  expect(config.http).toEqual({ host: '127.0.0.1', port: 9001, publicUrl: 'https://gw.example', proxies: [] });
  expect(config.deadlines).toMatchObject({ stat: 600_000, urgent: 3_600_000 });
  expect(config.keys).toBe(join(folder, 'd-keys'));
});

test('proxies are addresses and networks, in the environment with commas between them', async () => {
  const of = (list: string) => ({ LOOPGATE_HTTP_PROXIES: list });
  const { http } = await loadConfig(of('10.20.0.5,fd00:20::/64'));
  expect(http.proxies).toEqual(['10.20.0.5', 'fd00:20::/64']);
  expect(await problems(of('10.20.0.5,proxy.example'))).toEqual([
    "http.proxies.1: an address, or a network like '10.1.0.0/16'",
  ]);
  expect(await problems(of('10.20.0.0/33'))).toHaveLength(1);
});

test('the year’s diagnosis codes are read from a file, which must hold some', async () => {
  const list = join(folder, 'icd10cm_codes_2027.txt');
  writeFileSync(list, 'I10     Essential (primary) hypertension\n');
  const of = (file: string) => ({ LOOPGATE_CONFIG: own(`{ intake: { diagnosisCodes: { file: '${file}' } } }`) });
  expect((await loadConfig(of(list))).intake.diagnosisCodes).toEqual(new Set(['I10']));
  writeFileSync(list, 'not a list');
  expect(await problems(of(list))).toEqual([expect.stringMatching(/^intake\.diagnosisCodes: no line is a code/)]);
});

test('what referrals must say is set by specialty, by the names of fields only', async () => {
  const besides = `besides: { Urology: ['service.authorization', 'patient.phone'] }`;
  const { intake } = await loadConfig({ LOOPGATE_CONFIG: own(`{ intake: { needs: { ${besides} } } }`) });
  const said = (['patient.name', 'patient.birthDate', 'service.reason', 'referrer.name'] as const).map(fieldIn);
  const specialty = (value: string) => ({ ...fieldIn('service.specialty'), value });
  expect(missingIn([...said, specialty('Urology')], intake.needs)).toEqual(['patient.phone', 'service.authorization']);
  expect(missingIn([...said, specialty('constructor')], intake.needs)).toEqual([
    'patient.phone',
    ...['coverage.payer', 'coverage.memberId', 'service.diagnoses'],
  ]);
  expect(await problems({ LOOPGATE_CONFIG: own(`{ intake: { needs: { always: ['patient.shoe'] } } }`) })).toEqual([
    expect.stringMatching(/^intake\.needs\.always/),
  ]);
});

const fieldIn = (name: FieldName): Field => ({ name, value: 'x', confidence: 1, place: null, by: 'person' });

test('a broker is chosen by its address, from the environment too, and only by one', async () => {
  expect((await loadConfig({})).queue).toEqual({ url: null });
  const url = 'amqps://gateway:secret@broker.example/loopgate';
  expect((await loadConfig({ LOOPGATE_QUEUE_URL: url })).queue).toEqual({ url });
  expect(await problems({ LOOPGATE_QUEUE_URL: 'http://broker.example' })).toEqual([
    expect.stringMatching(/^queue\.url: /),
  ]);
});

test('every port that the contract names can be set by itself, whatever is switched on', async () => {
  const names = ['HTTP', 'DIRECT', 'EDGE', 'MLLP', 'METRICS'].map((name) => `LOOPGATE_${name}_PORT`);
  const config = await loadConfig(Object.fromEntries(names.map((name, index) => [name, String(9001 + index)])));
  expect([config.http.port, config.metrics?.port]).toEqual([9001, 9005]);
  expect(config.channels['direct']).toMatchObject({ listen: { port: 9002 } });
  expect(edgeConfig.parse(config.channels['edge'])).toMatchObject({ listen: { port: 9003 }, users: {} });
});

test('who may hand in mail hears of failures', () => {
  const users = { ehr: { password: 'correct horse battery', practice: 'main' } };
  expect(edgeConfig.safeParse({ users }).error?.issues).toEqual([expect.objectContaining({ path: ['notices'] })]);
  expect(edgeConfig.safeParse({ users, notices: { host: 'mail.riverside.example' } }).success).toBe(true);
});

test('every problem is named at once, each with its path', async () => {
  const file = own(`{ http: { prot: 1 }, deadlines: { stat: '-5m' }, practices: [] }`);
  const found = await problems({ LOOPGATE_CONFIG: file, LOOPGATE_NO_SUCH_THING: '1' });
  expect(found.join('\n')).toMatch(/LOOPGATE_NO_SUCH_THING: no setting has this name/);
  expect(found.join('\n')).toMatch(/http: .*prot/);
  expect(found.join('\n')).toMatch(/deadlines\.stat: a duration like/);
  expect(found.join('\n')).toMatch(/practices: /);
});

test('a cover sheet says what it must and nothing about a patient', async () => {
  const wrong = async (template: string): Promise<string> => {
    const practice = { id: 'a', name: 'A', phone: '+1 212 555 0100', npi: null, addresses: {}, cover: { template } };
    return (await problems({ LOOPGATE_CONFIG: own(JSON.stringify({ practices: [practice] })) })).join('\n');
  };
  const whole = '# Riverside\nCall: {phone}\nPages: {pages}, {urgency}\n{misdirected}';
  expect(await wrong(`${whole}\nFor: {patient.name}`)).toMatch(
    /^practices\.0\.cover\.template: \{patient\.name\} cannot stand on a cover sheet: .*nothing about the patient/,
  );
  expect(await wrong(`${whole} {logo}`)).toMatch(/\{logo\} is not known; there are \{practice\} \{phone\}/);
  expect(await wrong('# Riverside\n{phone} {pages}')).toMatch(/lacks \{urgency\}, \{misdirected\}/);
  const good = {
    id: 'a',
    name: 'A',
    phone: '+1',
    npi: null,
    addresses: {},
    cover: { language: 'es', template: whole },
  };
  const config = await loadConfig({ LOOPGATE_CONFIG: own(JSON.stringify({ practices: [good] })) });
  expect(config.practices[0]?.cover).toEqual({ language: 'es', template: whole });
});

test('secrets come from the environment or a file, and a missing one is a problem', async () => {
  writeFileSync(join(folder, 'secret'), 'from-file\n');
  const file = own(
    `{ channels: { x: { a: { env: 'TOKEN' }, b: { file: ${JSON.stringify(join(folder, 'secret'))} } } } }`,
  );
  const config = await loadConfig({ LOOPGATE_CONFIG: file, TOKEN: 'from-env' });
  expect(config.channels['x']).toEqual({ a: 'from-env', b: 'from-file' });
  expect(await problems({ LOOPGATE_CONFIG: file })).toEqual(['secret: the environment has no TOKEN']);
});

test('a file that is no settings file is named', async () => {
  expect(await problems({ LOOPGATE_CONFIG: join(folder, 'missing.mjs') })).toEqual([
    expect.stringContaining('missing.mjs cannot be read'),
  ]);
});

test('paths in the key folder are whole, wherever the gateway was started from', async () => {
  const { channels, keys } = await loadConfig({});
  expect(channels['direct']).toMatchObject({ identities: [`${keys}/direct/identity.pem`] });
  expect(keys).toMatch(/^\//);
});

test('a process takes one role or both, and one alone only where others can share the store', async () => {
  const shared = { LOOPGATE_STORE_URL: 'postgres://loopgate@db/loopgate' };
  expect((await loadConfig({ ...shared, LOOPGATE_ROLES: 'edge' })).roles).toEqual(['edge']);
  expect((await loadConfig({ ...shared, LOOPGATE_ROLES: 'edge' }, { roles: 'work,edge' })).roles).toEqual([
    'work',
    'edge',
  ]);
  expect((await loadConfig({})).roles).toEqual(['edge', 'work']);
  expect(await problems({ LOOPGATE_ROLES: 'work' })).toEqual([
    expect.stringMatching(/^roles: a SQLite file is for one/),
  ]);
  expect(await problems({ ...shared, LOOPGATE_ROLES: 'bystander' })).toEqual([expect.stringMatching(/^roles\.0: /)]);
  expect(await problems({ LOOPGATE_STORE_URL: 'mysql://db' })).toEqual([expect.stringMatching(/^store\.url: /)]);
});
