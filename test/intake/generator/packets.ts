import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { joined } from '../../../src/documents/tiff-write.ts';
import { chanceOf, type Chance } from './chance.ts';
import { faxed, type Level, type Turn } from './fax.ts';
import * as draw from './pages.ts';
import { caseOf, patientOf, senderOf, type Case, type Sender } from './world.ts';

interface Planned {
  readonly sheet: draw.Sheet;
  /** Which referral of the call it belongs to; null for none. */
  readonly referral: number | null;
  readonly foreign: boolean;
}

interface Plan {
  readonly kind: string;
  readonly sender: Sender;
  readonly pages: readonly Planned[];
  readonly cases: readonly Case[];
  readonly duplicateOf: number | null;
}

const fieldKeys = [
  'patient.name',
  'patient.dob',
  'patient.sex',
  'patient.phone',
  'patient.address',
  'patient.mrn',
  'insurance.payer',
  'insurance.memberId',
  'insurance.group',
  'referring.name',
  'referring.npi',
  'referring.practice',
  'referring.phone',
  'referring.fax',
  'referral.specialty',
  'referral.reason',
  'referral.urgency',
  'referral.date',
  'authNo',
  'dx',
];

interface Mix {
  readonly senders?: number;
  readonly resent?: number;
  readonly penned?: number;
}

/** Write `count` packets with their truth into a folder, as `packet_0001.tif` and `.json`. The same seed, the same files.
 *  `senders`: how many they come from, each with a form of its own; `resent`: the share of packets that came before,
 *  faxed anew, besides the one in nine that is so anyhow; `penned`: the share of senders who fill in their forms by hand. */
export async function writePackets(
  folder: string,
  seed: number,
  count: number,
  { senders: many = 8, resent = 0, penned }: Mix = {},
): Promise<void> {
  draw.needFonts();
  mkdirSync(folder, { recursive: true });
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--font-render-hinting=none'],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 800, height: 1035 }, deviceScaleFactor: 2.16 });
    const senders = Array.from({ length: many }, (_, at) => {
      const sender = senderOf(chanceOf(seed * 97 + at), at);
      return penned === undefined ? sender : { ...sender, pen: at < many * penned };
    });
    const plans: Plan[] = [];
    for (let at = 0; at < count; at++) {
      const chance = chanceOf(seed * 7919 + at);
      const plan = planned(chance, senders, plans, resent);
      plans.push(plan);
      await written(page, folder, at, plan, chance);
    }
  } finally {
    await browser.close();
  }
}

function planned(chance: Chance, senders: readonly Sender[], before: readonly Plan[], resent: number): Plan {
  const again = resent > 0 && chance.yes(resent);
  const usual = [
    'single',
    'single',
    'single',
    'single',
    'stacked',
    'misfiled',
    'duplicate',
    'records',
    'junk',
  ] as const;
  const kind = again ? 'duplicate' : chance.pick(usual);
  const earlier = before.flatMap((plan, at) => (plan.kind === 'single' ? [at] : []));
  if (kind === 'duplicate' && earlier.length > 0) {
    const at = chance.pick(earlier);
    const plan = before[at];
    if (plan) return { ...plan, kind, duplicateOf: at };
  }
  const sender = chance.pick(senders);
  if (kind === 'junk') {
    return {
      kind,
      sender,
      cases: [],
      duplicateOf: null,
      pages: [{ sheet: draw.junkPage(sender), referral: null, foreign: false }],
    };
  }
  const cases = [caseOf(chance), ...(kind === 'stacked' ? [caseOf(chance)] : [])];
  const pages = cases.flatMap((each, referral) =>
    papers(chance, sender, each, kind).map((sheet) => ({ sheet, referral, foreign: false })),
  );
  if (kind === 'misfiled')
    pages.push({ sheet: draw.labPage(sender, patientOf(chance), chance), referral: -1, foreign: true });
  if (chance.yes(0.12)) pages.push({ sheet: draw.blankPage(sender), referral: 0, foreign: false });
  const cover = kind !== 'records' && chance.yes(0.5);
  const first = {
    sheet: draw.coverPage(sender, pages.length + 1, chance),
    referral: cases.length > 1 ? null : 0,
    foreign: false,
  };
  return { kind, sender, cases, duplicateOf: null, pages: cover ? [first, ...pages] : pages };
}

function papers(chance: Chance, sender: Sender, c: Case, kind: string): draw.Sheet[] {
  const p = c.patient;
  const extra = [
    ...(chance.yes(0.4) ? [draw.facePage(sender, p)] : []),
    ...(chance.yes(0.4) ? [draw.notePage(sender, c)] : []),
    ...(chance.yes(0.4) ? [draw.labPage(sender, p, chance)] : []),
    ...(chance.yes(0.25) ? [draw.imagingPage(sender, p)] : []),
    ...(chance.yes(0.3) ? [draw.cardPage(sender, p)] : []),
    ...(chance.yes(0.12) ? [draw.consentPage(sender, p)] : []),
  ];
  if (kind === 'records') return extra.length > 0 ? extra : [draw.notePage(sender, c)];
  return [draw.referralPage(sender, c), ...extra];
}

interface Drawn {
  readonly lines: { t: string; hw: number; dmg: boolean }[];
  readonly checkboxes: { group: string | null; value: string; checked: boolean }[];
}

async function written(page: Page, folder: string, at: number, plan: Plan, chance: Chance): Promise<void> {
  const level = chance.pick<Level>(['clean', 'light', 'light', 'medium', 'medium', 'heavy']);
  const fine = chance.yes(0.6);
  const upsideDown = chance.yes(0.08);
  const sheets: Buffer[] = [];
  const pages: unknown[] = [];
  for (const [index, { sheet, referral }] of plan.pages.entries()) {
    await page.setContent(sheet.html);
    const seen = await page.evaluate<Drawn>(textOnPage);
    const turn: Turn = upsideDown ? 180 : chance.yes(0.1) ? chance.pick([90, 180, 270] as const) : 0;
    const { tiff, skew } = await faxed(await page.screenshot(), chance, level, fine, turn);
    sheets.push(tiff);
    const pen = sheet.pen;
    pages.push({
      index,
      type: sheet.type,
      layout: null,
      referral,
      rotation: turn,
      tti: null,
      lines: seen.lines.map((line) => ({ ...line, hw: pen && line.hw ? 1 : 0 })),
      checkboxes: seen.checkboxes,
      skew_deg: skew,
      level,
    });
  }
  const name = `packet_${String(at + 1).padStart(4, '0')}`;
  writeFileSync(join(folder, `${name}.tif`), atResolution(joined(sheets), fine));
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ packet: name, ...truthOf(plan, fine, level), pages }));
}

/** Runs in the browser. */
const textOnPage = `({
  lines: [...document.querySelectorAll('.t')].filter((each) => each.innerText.trim() !== '')
    .map((each) => ({ t: each.innerText, hw: each.classList.contains('v') ? 1 : 0, dmg: false })),
  checkboxes: [...document.querySelectorAll('.b')]
    .map(({ dataset }) => ({ group: dataset.group || null, value: dataset.value, checked: dataset.checked === '1' })),
})`;

function truthOf(plan: Plan, fine: boolean, level: Level): object {
  const { sender, kind, cases } = plan;
  const referrals = cases.map((each, number) => {
    const own = plan.pages.flatMap(({ referral, sheet }, page) => (referral === number ? [{ page, sheet }] : []));
    const isReferral = own.some(({ sheet }) => sheet.type === 'referral');
    return {
      pages: own.map(({ page }) => page),
      is_referral: isReferral,
      foreign: false,
      fields: Object.fromEntries(fieldKeys.map((key) => [key, fieldTruth(key, each, sender, own)])),
    };
  });
  return {
    kind,
    duplicate_of: plan.duplicateOf === null ? null : `packet_${String(plan.duplicateOf + 1).padStart(4, '0')}`,
    resolution: fine ? 'fine' : 'standard',
    level,
    sender: { practice: sender.practice, fax: sender.fax, id: sender.form },
    foreign: plan.pages.map(({ foreign }) => foreign),
    referrals,
  };
}

function fieldTruth(
  key: string,
  c: Case,
  sender: Sender,
  own: readonly { readonly page: number; readonly sheet: draw.Sheet }[],
): object {
  const shown = own.flatMap(({ page, sheet }) => {
    const raw = sheet.shown[key];
    return raw === undefined ? [] : [{ page, raw, hw: sheet.pen && key !== 'referral.urgency', dmg: false }];
  });
  return { value: shown.length === 0 ? null : valueOf(key, c, sender), shown };
}

function valueOf(key: string, c: Case, { provider, ...sender }: Sender): unknown {
  const p = c.patient;
  const values: Record<string, unknown> = {
    'patient.name': { first: p.first, last: p.last },
    'patient.dob': p.dob,
    'patient.sex': p.sex,
    'patient.phone': p.phone,
    'patient.address': p.address,
    'patient.mrn': p.mrn,
    'insurance.payer': p.payer,
    'insurance.memberId': p.memberId,
    'insurance.group': p.group,
    'referring.name': { first: provider.first, last: provider.last },
    'referring.npi': provider.npi,
    'referring.practice': sender.practice,
    'referring.phone': sender.phone,
    'referring.fax': sender.fax,
    'referral.specialty': c.specialty,
    'referral.reason': c.reason,
    'referral.urgency': c.urgency,
    'referral.date': c.date,
    authNo: c.authNo,
    dx: c.dx,
  };
  return values[key];
}

/** The writer that we borrow knows fine resolution only: 98 rows an inch instead of 196. */
function atResolution(tiff: Uint8Array, fine: boolean): Uint8Array {
  if (fine) return tiff;
  const bytes = Buffer.from(tiff);
  const [from, to] = [rationals(196), rationals(98)];
  for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1)) to.copy(bytes, at);
  return bytes;
}

function rationals(rows: number): Buffer {
  const out = Buffer.alloc(16);
  [204, 1, rows, 1].forEach((value, i) => out.writeUInt32LE(value, i * 4));
  return out;
}

if (import.meta.main) {
  const [folder = 'packets', seed = '1', count = '40', senders = '8', resent = '0', penned] = process.argv.slice(2);
  const mix = { senders: Number(senders), resent: Number(resent) };
  await writePackets(
    folder,
    Number(seed),
    Number(count),
    penned === undefined ? mix : { ...mix, penned: Number(penned) },
  );
}
