import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '../harness.ts';
import type { Case } from './cases.ts';
import { deskCases } from './desk-cases.ts';
import { faxCases } from './fax-cases.ts';
import { formCases } from './form-cases.ts';
import { httpCases } from './http-cases.ts';
import { isolationCases } from './isolation-cases.ts';
import { judge } from './judge.ts';
import { paperCases } from './paper-cases.ts';
import { smtpCases } from './smtp-cases.ts';
import { trustCases } from './trust-cases.ts';
import { viewCases } from './view-cases.ts';
import { hostileTown, type HostileTown } from './town.ts';

/** Each case is fired at one running gateway while honest referrals go through it. Numbers are those of the list of bad
 *  inputs that the product is held to. */

let town: HostileTown;
let pid: number | null;
let slow: Promise<string>;
beforeAll(async () => {
  town = await hostileTown();
  pid = town.pid();
  slow = slowRequest();
});
afterAll(() => town.close());

const each = (cases: readonly Case[]): [string, Case][] => cases.map((one) => [one.name, one]);
const patience = 140_000;

describe('at the desk', () => {
  test.each(each([...deskCases, ...viewCases]))('%s', (_, one) => judge(town, one), patience);
});
describe('by HTTP', () => {
  test.each(each([...httpCases, ...formCases]))('%s', (_, one) => judge(town, one), patience);
});
describe('by the fax company’s door', () => {
  test.each(each(faxCases))('%s', (_, one) => judge(town, one), patience);
});
describe('on paper', () => {
  test.each(each(paperCases))('%s', (_, one) => judge(town, one), patience);
});
describe('by the mail door', () => {
  test.each(each(smtpCases))('%s', (_, one) => judge(town, one), patience);
});

describe('with certificates', () => {
  test.each(each([...trustCases, ...isolationCases]))('%s', (_, one) => judge(town, one), patience);
});

describe('after all that', () => {
  test(
    '68: a request that comes drop by drop was cut off',
    async () => {
      expect(await slow).toMatch(/^HTTP\/1\.1 408 /);
    },
    patience,
  );

  test('it is the same process, and nothing in it broke', () => {
    expect([town.pid(), town.output().slice(-500)]).toEqual([pid, expect.any(String)]);
    const said = town.output().split('\n');
    // What Node says of an uncaught exception is no JSON.
    expect(said.filter((line) => !/^(\{.*\}|ready .*|sign in as .*|)$/.test(line))).toEqual([]);
    expect(said.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });

  test(
    'every good referral was delivered',
    async () => {
      await town.calm();
      expect(town.sent.length).toBeGreaterThan(50);
      for (const message of town.sent) {
        await until(
          'it is delivered',
          async () => (await town.story(message)).deliveries.every(({ state }) => state === 'delivered'),
          60_000,
        );
      }
    },
    patience,
  );
});

/** A header that never ends, a letter every second; what it is told in the end. */
function slowRequest(): Promise<string> {
  const socket = connect(Number(new URL(town.url).port), '127.0.0.1');
  socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\nx: ');
  const drip = setInterval(() => socket.write('a'), 1000);
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (piece: Buffer) => (text += piece.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(drip);
      resolve(text.split('\r\n')[0] ?? '');
    });
  });
}
