import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { freePort, startGateway } from './gateway.ts';

// Accepting a referral with a 100 KB PDF over HTTP (202 means on disk), beside the same bytes written in durable SQLite
// transactions without us: one row each, and grouped by 32 as a server with 32 clients could group them.

const clients = 32;
const rounds = 1;
const seconds = 4;
const pdf = Buffer.concat([Buffer.from('%PDF-1.4\n'), randomBytes(100_000), Buffer.from('\n%%EOF\n')]);

function bare(group: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'loopgate-bare-'));
  const db = new DatabaseSync(join(folder, 'bare.db'));
  db.exec(
    'pragma journal_mode = wal; pragma synchronous = full; create table documents (id integer primary key, bytes blob not null)',
  );
  const insert = db.prepare('insert into documents (bytes) values (?)');
  const end = performance.now() + seconds * 1000;
  let rows = 0;
  while (performance.now() < end) {
    db.exec('begin immediate');
    for (let i = 0; i < group; i++) insert.run(pdf);
    db.exec('commit');
    rows += group;
  }
  db.close();
  rmSync(folder, { recursive: true });
  return rows / seconds;
}

const boundary = 'loopgate-bench';
const referral = JSON.stringify({
  patient: { name: { family: 'Bench', given: ['Ada'] }, birthDate: '1961-04-09' },
  recipient: { name: 'Nobody', endpoints: [{ channel: 'efax', address: '+13122000000' }] },
});
const body = Buffer.concat([
  Buffer.from(
    `--${boundary}\r\ncontent-disposition: form-data; name="referral"\r\ncontent-type: application/json\r\n\r\n${referral}\r\n`,
  ),
  Buffer.from(
    `--${boundary}\r\ncontent-disposition: form-data; name="document"; filename="letter.pdf"\r\ncontent-type: application/pdf\r\n\r\n`,
  ),
  pdf,
  Buffer.from(`\r\n--${boundary}--\r\n`),
]);

function post(agent: http.Agent, url: string, key: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.request(`${url}/api/v1/referrals`, {
      method: 'POST',
      agent,
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': `multipart/form-data; boundary=${boundary}`,
        'content-length': body.length,
      },
    });
    request.on('response', (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function ours(): Promise<number> {
  const listen = { host: '127.0.0.1', port: await freePort() };
  const gateway = await startGateway({
    channels: { direct: { identities: ['{keys}/direct/identity.pem'], anchors: ['{keys}/direct/anchor.pem'], listen } },
  });
  const agent = new http.Agent({ keepAlive: true, maxSockets: clients });
  let accepted = 0;
  let end = performance.now() + 1000;
  const client = async (): Promise<void> => {
    while (performance.now() < end) {
      const status = await post(agent, gateway.url, gateway.key);
      if (status !== 202) throw new Error(`answered ${status}`);
      accepted++;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  accepted = 0;
  end = performance.now() + seconds * 1000;
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  await gateway.stop();
  return accepted / seconds;
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

const single: number[] = [];
const grouped: number[] = [];
const accept: number[] = [];
for (let round = 0; round < rounds; round++) {
  single.push(bare(1));
  grouped.push(bare(32));
  accept.push(await ours());
}
const line = (name: string, values: number[]): void =>
  console.log(`${name.padEnd(52)} ${median(values).toFixed(0).padStart(7)} /s`);
line('bare SQLite, 100 KB row, one transaction each', single);
line('bare SQLite, 100 KB rows, grouped by 32', grouped);
line('Loopgate, POST with a 100 KB PDF, 32 clients', accept);
console.log(`ratio to one transaction each: ${(median(accept) / median(single)).toFixed(2)}`);
console.log(`ratio to grouped transactions: ${(median(accept) / median(grouped)).toFixed(2)}`);
