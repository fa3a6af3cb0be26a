import { distance } from 'fastest-levenshtein';
import type { PageKind } from '../core/entry.ts';
import type { Page } from '../core/page.ts';
import { isPayerName } from './coverage.ts';

/** What a page's words say it is: each pattern found adds its weight. */
const signs: readonly (readonly [PageKind, number, RegExp])[] = [
  ['cover', 5, /\b(fax|facsimile) (cover|transmittal|transmission|message)|cover (sheet|page)|\btransmittal\b/],
  ['cover', 3, /including (this )?cover|number of pages|no of pages|pages (incl|including)|\breturn fax\b/],
  [
    'cover',
    2,
    /confidentiality (notice|statement)|intended recipient|received this (fax|information|communication) in error|facsimile/,
  ],
  ['cover', 2, /\b(for review|please reply|as requested|please comment|please recycle)\b/],
  ['cover', 2, /^(fax|to|attn|attention)$|^to:|^attn/m],
  [
    'referral',
    5,
    /\b(specialist|physician|patient|ambulatory|provider|outpatient|consultation|specialty|medical)? ?referral (order|form|request|sheet|authorization)|specialist referral|physician referral|request for (specialty )?consult|consult(ation)? request|consult order|referral to specialist|new patient referral/,
  ],
  [
    'referral',
    3,
    /reason for (referral|consult)|refer(red)? to|referral (to|for)|(therapy|treatment) (prescription|order)|clinical indication|referring (provider|physician|npi|practice)|ordering provider|requesting (provider|physician)|referred by|introducing (a|our|your) patient|evaluate for/,
  ],
  ['referral', 2, /\bnpi\b/],
  ['referral', 2, /icd ?10|diagnos[ie]s/],
  ['referral', 2, /\bstat\b[\s\S]*\broutine\b|\broutine\b[\s\S]*\bstat\b|\burgency\b|\bpriority\b/],
  [
    'referral',
    6,
    /thank you for (seeing|evaluating|agreeing|your help)|\bam referring|would (be (very )?grateful|appreciate (it|your|an?|if))|please (see|evaluate) (this|my|the above)/,
  ],
  ['referral', 4, /\bdear (dr|doctor|colleague)\b[\s\S]*(consultation|referr)/],
  ['note', 5, /history of present illness|chief complaint|review of systems|physical exam|\bhpi\b/],
  [
    'note',
    3,
    /assessment (and|&) plan|assessment and|vital signs|office visit|progress note|\bsubjective\b|\bobjective\b|soap note|follow.?up visit|encounter/,
  ],
  ['note', 5, /(subjective|\bs:)[\s\S]*(objective|\bo:)[\s\S]*(assessment|\ba:)/],
  ['note', 2, /electronically signed by|past medical history|medications/],
  ['labs', 5, /laboratory report|lab(oratory)? results?|reference (range|interval)|specimen|accession/],
  ['labs', 3, /\bcollected\b|mmol ?\/ ?l|mg ?\/ ?dl|\bk ?\/ ?ul\b|\bhemoglobin\b|\bcreatinine\b|\bplatelets?\b/],
  ['labs', 5, /(\b(wbc|rbc|hgb|hct|plt|mcv|sodium|potassium|creatinine|glucose|alt|ast|tsh|a1c|crp)\b[\s\S]*){3}/],
  ['labs', 2, /\bwbc\b|\bglucose\b|\bresult\b[\s\S]*\bflag\b|final report/],
  ['imaging', 5, /\bimpression\b[\s\S]{0,900}|diagnostic imaging|radiology (report|associates)/],
  ['imaging', 4, /\bfindings\b[\s\S]*\bimpression\b/],
  [
    'imaging',
    4,
    /(x ?ray|ultrasound|ct|mri|radiology) report|\b(us|ct|mr|mri|xr) (abdomen|chest|head|neck|brain|pelvis|spine|thyroid)|\b(conclusion|opinion):|\b(read|interpreted|dictated) by\b/,
  ],
  ['imaging', 3, /\btechnique\b|\bradiolog(ist|y)\b|\bcomparison\b/],
  ['imaging', 3, /\b(ct|mri|x ?ray|ultrasound|mammogra\w+|echocardiogram|radiograph|dexa)\b/],
  [
    'facesheet',
    6,
    /face ?sheet|patient demographics|registration (form|sheet)|patient registration|demographic (sheet|information)/,
  ],
  ['facesheet', 3, /emergency contact|guarantor|next of kin|marital status|employer/],
  ['facesheet', 2, /subscriber|secondary|preferred language/],
  ['insurance_card', 5, /rx ?bin|rx ?pcn|rx ?grp|bin ?#/],
  [
    'insurance_card',
    4,
    /member (name|id)[\s\S]*(copay|pcp ?\$|er ?\$|specialist ?\$)|customer service|provider (line|services)|claims:? (po|p o|address)|member services/,
  ],
  ['insurance_card', 4, /\bcopay\b[\s\S]*\bcopay\b|(pharmacy|rx) ?bin|\bbin \d{6}/],
  ['insurance_card', 2, /\bdependents?\b|prior authorization is required|\bppo\b|\bhmo\b|\bepo\b|effective/],
  [
    'consent',
    7,
    /consent (to|for) (treat|release|use|disclos)|authorization (to|for) (release|disclose|use)|release of (medical )?(information|records)|hipaa authorization|informed consent/,
  ],
  [
    'consent',
    4,
    /hipaa (release|form)|give (my )?permission|privacy practices|consent for|consent to receive|withdraw (my )?consent/,
  ],
  ['consent', 5, /hereby authorize[\s\S]*(disclose|release|revoke)|disclose my (records|health)/],
  ['consent', 2, /i (hereby )?(authorize|consent|understand)|revoke|patient signature/],
  ['answer_sheet', 9, /answer sheet|please (tick|mark) (one|what) (and|then) fax (this|it)|fax this (sheet|page) back/],
  [
    'junk',
    6,
    /vacation|limited time offer|act now|toll free[\s\S]*(discount|offer)|remove (you|your number|from (our|this) list)|unsubscribe|opt.?out|wholesale|free (quote|estimate|trial)|special (offer|rates)|lowest (price|rate)|remove[d]? from (our|this|the) (fax )?(list|database)|at no cost|no obligation|\bflyer\b|\bwebinar\b|\bseminar\b|money.?back|stop receiving (these|our) fax|free shipping|order now|low rates/,
  ],
  [
    'junk',
    3,
    /discount|\bsale\b|% off|\bsave \d+|office manager|estimates?\b|business (loan|funding)|call (now|today)|toner|merchant cash/,
  ],
];

/** Words that tell what a page is, long enough to be known with a slip of the reader. */
const telling =
  `accession assessment authorization collected comparison complaint confidentiality consent consultation creatinine
customer demographics diagnoses diagnosis disclose emergency employer examination facsimile findings glucose guarantor
hemoglobin history illness impression insurance laboratory marital medications member objective patient permission
pharmacy physical physician platelets potassium priority progress provider radiology reference referral referring
registration report result results routine service sodium specialty specimen subjective subscriber technique
transmittal ultrasound urgency urgent`.split(/\s+/);
/** Those and words of their own that are like them. */
const known = new Set([...telling, 'cardiology', 'provided', 'content', 'contents', 'reporting', 'routing']);

/** A slip of the reader for every five letters, if one word alone is as like. */
function mended(token: string): string {
  const most = Math.floor(token.length / 5);
  if (token.length < 5 || known.has(token) || !/^[a-z0-9]+$/.test(token)) return token;
  const like = telling
    .filter((word) => Math.abs(word.length - token.length) <= most)
    .map((word) => ({ word, slips: distance(word, token) }))
    .filter(({ slips }) => slips <= most)
    .sort((a, b) => a.slips - b.slips);
  const [best, second] = like;
  return best && best.slips < (second?.slips ?? Infinity) ? best.word : token;
}

/** What a heading says outright, or the name of those whose paper it is. */
const titles: readonly (readonly [PageKind, RegExp])[] = [
  [
    'note',
    /^(progress|office|clinic|visit|soap|encounter|history and physical) (visit )?notes?$|^history and physical$/,
  ],
  ['labs', /^(laboratory|lab|pathology) (report|results?)$/],
  ['imaging', /^(radiology|imaging|mri|ct|x ray|ultrasound|diagnostic imaging) report$/],
  ['referral', /^(\w+ )?(referral|consultation|consult) (request|order|form|authorization|request form|order form)$/],
  ['labs', /^(\w+ ){0,3}laborator(y|ies)( services)?$/],
  ['imaging', /^(\w+ ){0,3}(radiology|imaging)( associates| center| group)?$/],
  ['facesheet', /^(patient )?(face ?sheet|registration|demographics|registration form)$/],
];
const titleWeight = 5;
/** Lines among which a heading stands. */
const first = 8;

/** What a page is, from its words: the kind whose signs weigh most. */
export function kindOf(page: Page): PageKind {
  if (page.blank) return 'blank';
  const text = page.text
    .toLowerCase()
    .replace(/[^a-z0-9\n:$%/.&-]+/g, ' ')
    .replace(/[a-z0-9]+/g, mended);
  const weights = new Map<PageKind, number>();
  const add = (kind: PageKind, weight: number): unknown => weights.set(kind, (weights.get(kind) ?? 0) + weight);
  for (const [kind, weight, pattern] of signs) if (pattern.test(text)) add(kind, weight);
  const heads = text.split('\n').slice(0, first);
  for (const [kind, pattern] of titles)
    if (heads.some((line) => pattern.test(line.replace(/[^a-z0-9]+/g, ' ').trim()))) add(kind, titleWeight);
  if (isCard(page, heads)) add('insurance_card', titleWeight);
  const [best] = [...weights].sort((a, b) => b[1] - a[1]);
  if (!best || best[1] < 3) return 'other';
  return best[0];
}

/** Few words under the name of a payer. */
const fewWords = 30;
const isCard = ({ words }: Page, heads: readonly string[]): boolean =>
  words.filter(({ text, confidence }) => confidence >= 0.5 && /\p{L}{3}/u.test(text)).length <= fewWords &&
  heads.some((line) => isPayerName(line.trim()));
