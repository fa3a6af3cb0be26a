import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly profiles: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, object>>;
  readonly read_only?: boolean;
  readonly hostname?: string;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
}
const { services, volumes } = parse(read('docker-compose.yml'), { merge: true }) as Compose;
const all = Object.entries(services);
const ours = all.filter(([, { build }]) => build !== undefined);

const dockerfile = read('Dockerfile');
/** What the image sets for every container. */
const imageSettings = Object.fromEntries(
  [...dockerfile.matchAll(/\b(LOOPGATE_\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
);

/** `${NAME:-default}` as compose resolves it when nothing is set. */
const resolved = (value: string): string => value.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1');

describe('docker compose', () => {
  test('starts one embedded process when nothing else is said, and a whole cluster when asked', () => {
    expect(read('.env')).toMatch(/^COMPOSE_PROFILES=embedded$/m);
    const of = (profile: string) => all.filter(([, { profiles }]) => profiles.includes(profile)).map(([name]) => name);
    expect(of('embedded')).toEqual(['gateway']);
    expect(of('cluster').sort()).toEqual([
      'edge-1',
      'edge-2',
      'grafana',
      'postgres',
      'prometheus',
      'rabbit-1',
      'rabbit-2',
      'rabbit-3',
      'work-1',
      'work-2',
    ]);
  });

  test.each(ours)('every variable that %s sets is a setting that holds', async (_name, { environment = {} }) => {
    const set = Object.entries(environment).map(([name, value]) => [name, resolved(value)]);
    const config = await loadConfig({ ...imageSettings, ...(Object.fromEntries(set) as Record<string, string>) });
    expect(config.http.host).toBe('0.0.0.0');
    expect(config.metrics).toEqual({ host: '0.0.0.0', port: 9464 });
  });

  test('every image is one version', () => {
    const images = [
      ...all.map(([, { image }]) => image),
      ...[...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, name = '']) => name),
    ];
    expect(images.filter((image) => !/:v?\d+\.\d+\.?\d*[\w.-]*$/.test(image))).toEqual([]);
  });

  test('only this machine can reach it', () => {
    const open = all.flatMap(([, { ports = [] }]) => ports).filter((port) => !port.startsWith('127.0.0.1:'));
    expect(open).toEqual([]);
    const taken = all.flatMap(([, { ports = [] }]) => ports).map((port) => port.split(':')[1]);
    expect(new Set(taken).size).toBe(taken.length);
  });

  test('every file that is mounted is here, and every volume is declared', () => {
    const sources = all.flatMap(([, { volumes: mounts = [] }]) => mounts.map((mount) => mount.split(':')[0] ?? ''));
    const files = sources.filter((source) => source.startsWith('./'));
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
    expect(sources.filter((source) => !source.startsWith('./') && !(source in volumes))).toEqual([]);
  });

  test('the gateway runs read-only; data and keys lie apart', () => {
    expect(ours.every(([, service]) => service.read_only === true)).toBe(true);
    expect(services['gateway']?.volumes).toEqual(['data:/var/lib/loopgate', 'keys:/var/lib/loopgate-keys']);
  });

  test('who watches, and who finds whom, goes by the names that are given here', () => {
    const scraped = [...read('ops/prometheus.yml').matchAll(/'([\w-]+):\d+'/g)].map(([, host = '']) => host);
    expect(scraped.filter((host) => !(host in services))).toEqual([]);
    expect(scraped).toEqual(expect.arrayContaining(ours.map(([name]) => name).filter((name) => name !== 'gateway')));
    const nodes = [...read('ops/rabbitmq.conf').matchAll(/rabbit@([\w-]+)/g)].map(([, host = '']) => host);
    expect(nodes).toEqual(all.flatMap(([, { hostname }]) => hostname ?? []));
    expect(read('ops/grafana/provisioning/datasources/prometheus.yml')).toContain('http://prometheus:9090');
  });
});

describe('the image', () => {
  const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));

  test('runs as nobody special, with production packages only, and says how it fares', () => {
    expect(last).toMatch(/npm ci --omit=dev/);
    expect(last).toMatch(/^USER node$/m);
    expect(last).toMatch(/^HEALTHCHECK /m);
    expect(last).toContain('http://127.0.0.1:9464/healthz');
  });

  test('holds every folder that the gateway reads', () => {
    const copied = [...last.matchAll(/^COPY (?:--from=\S+ )?(.*)$/gm)].flatMap(([, words = '']) => words.split(' '));
    expect(copied).toEqual(expect.arrayContaining(['src', 'channels', 'config', 'web/dist', 'package.json']));
  });
});
