import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { reasonOf } from '../../../channels/efax/providers/hylafax.ts';
import { codes, tableOf } from '../../../channels/efax/reasons.ts';
import type { ReasonCode } from '../../../src/core/outcome.ts';

/** One taxonomy for all: what the companies' own codes, as they document them, mean here. */

type Meant = Readonly<Partial<Record<ReasonCode, string>>>;
const each = (meant: Meant): [word: string, code: ReasonCode][] =>
  Object.entries(meant).flatMap(([code, words]) =>
    words.split(' ').map((word): [string, ReasonCode] => [word, code as ReasonCode]),
  );

const sinch: Readonly<Record<string, Meant>> = {
  CALL_ERROR: { busy: '17', 'no-answer': '16 30', 'bad-address': '32 34 49', unreachable: '11 19 43', throttled: '15' },
  FAX_ERROR: {
    'no-answer': '48',
    'not-a-fax': '13 14 132',
    unauthorized: '46 133',
    partial: '60 131',
    negotiation: '6 7 8 10 12 18 20 21 22 25 26 28 29 31 38 41 53 63 68 77 80 82 84 117',
    unsupported: '113',
    unreachable: '40 44',
    rejected: '75 76 79 119',
  },
  DOCUMENT_CONVERSION_ERROR: { unsupported: '4 54 55 57 69 122 128 129 130 133' },
};

test.each(Object.entries(sinch))('Sinch: %s', (type, meant) => {
  const table = tableOf(z.record(z.string(), codes), 'sinch')[type] ?? {};
  expect(each(meant).map(([code]) => [code, table[code]])).toEqual(each(meant));
});

test('Phaxio: the same numbers, without a type', () => {
  const { byId } = tableOf(z.strictObject({ byId: codes, byType: codes }), 'phaxio');
  const meant = Object.values(sinch)
    .flatMap(each)
    // Two things by their type, and one that it never says.
    .filter(([code]) => !['133', '19', '79'].includes(code));
  expect(meant.map(([code]) => [code, byId[code]])).toEqual(meant);
});

/** faxd/STATUS.txt of HylaFAX 6.0.7, as the job's status shows it. */
const hylafax: readonly (readonly [status: string, code: ReasonCode])[] = [
  ['Busy signal detected; too many attempts to dial', 'busy'],
  ['No answer from remote; too many attempts to dial', 'no-answer'],
  ['No carrier detected; too many attempts to dial', 'no-answer'],
  ['Ringback detected, no answer without CED; too many attempts to dial', 'no-answer'],
  ['No answer (T.30 T1 timeout)', 'no-answer'],
  ['Unknown problem (check modem power); too many attempts to dial', 'not-a-fax'],
  ['Carrier established, but Phase A failure; too many attempts to dial', 'not-a-fax'],
  ['Data connection established (wanted fax)', 'not-a-fax'],
  ['Ring detected without successful handshake', 'not-a-fax'],
  ['No receiver protocol (T.30 T1 timeout)', 'not-a-fax'],
  ['No sender protocol (T.30 T1 timeout)', 'not-a-fax'],
  ['Invalid dialing command; too many attempts to dial', 'bad-address'],
  ['REJECT: Unable to convert dial string to canonical format', 'bad-address'],
  ['Blacklisted by modem', 'unauthorized'],
  ['REJECT: the office allows no calls at night', 'unauthorized'],
  ['Permission denied (unnacceptable client TSI)', 'unauthorized'],
  ['Failure to train modems', 'negotiation'],
  ['Failure to train remote modem at 2400 bps or minimum speed', 'negotiation'],
  ['RSPREC error/got DCN (sender abort)', 'negotiation'],
  ['COMREC invalid command received/no DIS or DTC', 'negotiation'],
  ['No response to PPS repeated 3 times.', 'negotiation'],
  ['Remote fax disconnected prematurely', 'negotiation'],
  ['Unable to transmit page (giving up after RTN)', 'negotiation'],
  ['Unable to transmit page (NAK at all possible signalling rates)', 'negotiation'],
  ['DIS/DTC received 3 times; DCS not recognized', 'negotiation'],
  ['Can not continue after DIS/DTC', 'negotiation'],
  ['Unspecified Transmit Phase C error', 'negotiation'],
  ['Stop and wait failure (modem on hook)', 'negotiation'],
  ['T.30 T2 timeout, expected signal not received', 'negotiation'],
  ['Document was encoded with 2DMMR, but client does not support this data format', 'unsupported'],
  ['Superfine resolution document is not supported by client, image resolution 15.4 lines/mm', 'unsupported'],
  ['Can not open document file docq/doc1.tif', 'unsupported'],
  ['Converted document is not valid TIFF', 'unsupported'],
  ['REJECT: Too many pages in submission: 60, max 50', 'too-large'],
  ['No local dialtone', 'unreachable'],
  ['Can not lock modem device', 'unreachable'],
  ['Could not fork to start job transmission', 'unreachable'],
  ['Send program terminated abnormally; unable to exec bin/faxsend', 'unreachable'],
  ['Kill time expired', 'interrupted'],
  ['Call aborted by user', 'rejected'],
  ['Job interrupted by user', 'rejected'],
  ['Something of next year', 'rejected'],
];

test.each(hylafax)('HylaFAX: %s', (status, code) => {
  expect(reasonOf({ status, sent: 0 }).code).toBe(code);
  expect(reasonOf({ status, sent: 1 }).code).toBe('partial');
});
