import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { until } from '../harness.ts';
import type { Case } from './cases.ts';
import { sound, submit, words } from './http-cases.ts';
import type { HostileTown } from './town.ts';

/** What people at the desk, their browsers, and whoever sits beside them can do. */

const json = (body: object): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

const reason = 'tried by a hostile test';

/** A fax that did not arrive; what is sent again waits for its proof. */
async function failed(town: HostileTown, number: string): Promise<string> {
  town.company.behave(number, 'invalid number', 'silent');
  const message = await town.submit('efax', number, `Beside others: ${number}`);
  return until('it failed', async () => {
    const [delivery] = (await town.story(message)).deliveries;
    return delivery?.state === 'failed' && delivery.id;
  });
}

const tables: Case = {
  name: '69: formulas in a table that leaves',
  async act(town) {
    const names = ['=HYPERLINK("http://evil.example")', '+cmd|calc', '-2+3', '@SUM(1)'];
    const endpoints = [{ channel: 'direct', address: town.partner.address('ok') }];
    for (const name of names) await submit(town, sound(town, { recipient: { name, endpoints } }));
    const table = await (await town.ask('/deliveries.csv')).text();
    const kept = names.filter((name) => table.includes(`"'${name.replaceAll('"', '""')}"`));
    const formulas = /(?:^|,)"?[=+@\t\r-]/m.exec(table)?.[0] ?? 'none';
    return { answer: `${kept.length} of ${names.length} kept as text, cells that are formulas: ${formulas}` };
  },
  answer: /^4 of 4 kept as text, cells that are formulas: none$/,
};

/** A portal link as its mail brought it. */
async function linkTo(
  town: HostileTown,
  address: string,
): Promise<{ readonly link: string; readonly message: string }> {
  const message = await town.submit('portal', address, `Behind a link: ${address}`);
  const { link } = await until('its mail comes', () => town.mails.find(({ to }) => to.includes(address)));
  return { link, message };
}

/** From an address of its own: whoever guesses is not let in for a while, and others here still have to be. */
const guessed = (link: string, code: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { origin: new URL(link).origin, 'content-type': 'application/x-www-form-urlencoded' };
    const asked = request(link, { method: 'POST', headers, localAddress: '127.0.0.9' }, (reply) => {
      reply.resume();
      resolve(reply.statusCode ?? 0);
    });
    asked.on('error', reject);
    asked.end(`code=${code}`);
  });

const stateOf = async (town: HostileTown, message: string): Promise<string> => {
  const { deliveries, events } = await town.story(message);
  const opened = events.some(({ what }) => what === 'portal.opened') ? 'opened' : 'not opened';
  return `${deliveries[0]?.state}, ${opened}, ${deliveries[0]?.receipts.length} receipts`;
};

const links: readonly Case[] = [
  {
    name: '73: a mail scanner follows a portal link',
    async act(town) {
      const { link, message } = await linkTo(town, 'scanned@clinic.example');
      const visits = ['GET', 'HEAD', 'GET', 'GET'].map((method) => fetch(link, { method, redirect: 'manual' }));
      const statuses = (await Promise.all(visits)).map(({ status }) => status);
      return { answer: [...new Set(statuses)].join(), look: () => stateOf(town, message) };
    },
    answer: /^200$/,
    found: /^sent, not opened, 0 receipts$/,
  },
  {
    name: '74: a dozen wrong codes at once, and then some',
    async act(town) {
      const { link, message } = await linkTo(town, 'guessed@clinic.example');
      const guess = (code: string): Promise<number> => guessed(link, code);
      await Promise.all(Array.from({ length: 12 }, (_, nth) => guess(String(100_000 + nth))));
      // Of guesses at once only some are judged: the others were none.
      let last = await guess('999999');
      for (let nth = 0; nth < 5; nth++) last = await guess(String(900_000 + nth));
      const [delivery] = (
        await town.api<{ deliveries: { link: { state: string; wrongCodes: number } }[] }>(`/messages/${message}`)
      ).deliveries;
      const { state, wrongCodes } = delivery?.link ?? { state: 'gone', wrongCodes: NaN };
      return { answer: `${last} ${state} after ${wrongCodes}`, look: () => stateOf(town, message) };
    },
    answer: /^(404|429) locked after 5$/,
    found: /^sent, not opened, 0 receipts$/,
  },
];

interface Visitor {
  ask(path: string, init?: RequestInit): Promise<Response>;
  readonly cookie: () => string;
}

/** A browser, as far as one cookie goes. */
function visitor(town: HostileTown, preset = ''): Visitor {
  let cookie = preset;
  return {
    cookie: () => cookie,
    async ask(path, init = {}) {
      const headers = { origin: town.url, cookie, ...(init.headers as Record<string, string> | undefined) };
      const reply = await fetch(`${town.url}/api/v1${path}`, { ...init, headers });
      const [set] = reply.headers.getSetCookie();
      if (set !== undefined) cookie = set.split(';')[0] ?? '';
      return reply;
    },
  };
}

/** Let somebody in. His first password is shown once, as an administrator would pass it on. */
async function newcomer(town: HostileTown, name: string): Promise<(preset?: string) => Promise<Visitor>> {
  const made = await town.api<{ password: string }>('/users', json({ name, role: 'sender', practice: 'main' }));
  return async (preset) => {
    const browser = visitor(town, preset);
    const reply = await browser.ask('/session', json({ name, password: made.password }));
    if (!reply.ok) throw new Error(await words(reply));
    return browser;
  };
}

const sessions: readonly Case[] = [
  {
    name: '75: a session set by somebody else, used after its end, and by one who was shut out',
    async act(town) {
      const enter = await newcomer(town, 'fixed');
      const planted = `loopgate=${'a'.repeat(43)}`;
      const [first, second] = [await enter(planted), await enter()];
      const old = first.cookie();
      const differ = new Set([planted, old, second.cookie()]).size;
      const before = (await first.ask('/session')).status;
      await first.ask('/session', { method: 'DELETE' });
      const after = (await visitor(town, old).ask('/session')).status;
      await town.api('/users/fixed', json({ disabled: true }));
      const shutOut = (await second.ask('/session')).status;
      return { answer: `${differ} tokens, ${before}, after its end ${after}, shut out ${shutOut}` };
    },
    answer: /^3 tokens, 200, after its end 401, shut out 401$/,
  },
  {
    name: '80: another site asks with the cookie of ours, frames us, and sends people on',
    async act(town) {
      const browser = await (await newcomer(town, 'lured'))();
      const asks = ['https://evil.example', 'null'].map((origin) =>
        browser.ask('/session/extend', { method: 'POST', headers: { origin } }),
      );
      const refused = (await Promise.all(asks)).map(({ status }) => status);
      const start = await fetch(`${town.url}/`, { headers: { origin: 'null' } });
      const frames = /frame-ancestors 'none'/.test(start.headers.get('content-security-policy') ?? '');
      const shared = start.headers.get('access-control-allow-origin') ?? 'nobody';
      const on = await Promise.all(
        ['//evil.example', '/?next=//evil.example', '/?next=javascript:alert(1)'].map((path) =>
          fetch(town.url + path, { redirect: 'manual' }),
        ),
      );
      const sent = on.filter(({ headers }) => headers.has('location')).length;
      return {
        answer: `${refused.join()}, framed by ${frames ? 'nobody' : 'anybody'}, shared with ${shared}, sent on: ${sent}`,
      };
    },
    answer: /^403,403, framed by nobody, shared with nobody, sent on: 0$/,
  },
];

const together: readonly Case[] = [
  {
    name: '81: ten people send one delivery again at once',
    async act(town) {
      const delivery = await failed(town, '+13122009911');
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => town.ask(`/deliveries/${delivery}/retry`, json({ reason }))),
      );
      const statuses = answers.map(({ status }) => status).sort();
      return {
        answer: `${statuses.filter((each) => each === 200).length} won, others ${[...new Set(statuses)].at(-1)}`,
      };
    },
    answer: /^1 won, others 409$/,
  },
  {
    name: '82: a decision on many, of which one changed and one came since the plan',
    async act(town) {
      const [kept, moved] = [await failed(town, '+13122009912'), await failed(town, '+13122009913')];
      const plan = json({ verb: 'retry', ids: [kept, moved] });
      const { items } = await town.api<{ items: object[] }>('/deliveries/plan', plan);
      await town.api(`/deliveries/${moved}/retry`, json({ reason }));
      const later = await failed(town, '+13122009914');
      const done = await town.api<{ results: { id: string; problem: string | null }[] }>(
        '/deliveries/bulk',
        json({ verb: 'retry', reason, items }),
      );
      const said = [kept, moved, later].map((id) => {
        const result = done.results.find((each) => each.id === id);
        return result ? (result.problem ?? 'done') : 'untouched';
      });
      return { answer: said.join('; ') };
    },
    answer: /^done; changed since it was planned: left alone; untouched$/,
  },
];

/** The settings as they will be read next, and what becomes of it; then the old ones are back. */
async function reloaded(town: HostileTown, settings: string): Promise<string> {
  const file = join(town.folder, 'config.mjs');
  const first = readFileSync(file);
  const write = (text: string | Uint8Array): void => {
    writeFileSync(file, text);
    // Two edits in one tick of the disk's clock are still two.
    utimesSync(file, new Date(), new Date(Date.now() + 1000 * ++edits));
  };
  write(settings);
  try {
    return await words(await town.ask('/reload', { method: 'POST' }));
  } finally {
    write(first);
  }
}
let edits = 0;

/** @param more code of one more property, or of several; null: no settings at all */
const configured = (name: string, more: string, answer: RegExp): Case => ({
  name,
  async act(town) {
    const first = readFileSync(join(town.folder, 'config.mjs'), 'utf8')
      .replace(/;$/, '')
      .replace('export default ', '');
    const names = async (): Promise<string> =>
      JSON.stringify((await town.api<{ practices: unknown }>('/session')).practices);
    const before = await names();
    const start = performance.now();
    const said = await reloaded(town, `const first = ${first};\nexport default { ...first, ${more} };`);
    const prompt = performance.now() - start < 2000 ? 'at once' : 'late';
    return { answer: `${said} ${prompt}, ${(await names()) === before ? 'the old ones stay' : 'half of it'}` };
  },
  answer: new RegExp(`^400 invalid .*${answer.source}.* at once, the old ones stay$`),
});

const renamed = `practices: [{ ...first.practices[0], name: 'Half of it' }]`;

const settings: readonly Case[] = [
  configured('83: settings that are no code', `${renamed}, {`, /cannot be read/),
  configured('83: settings with an unknown name', `${renamed}, colour: 'red'`, /colour/),
  configured('83: settings with a negative time', `${renamed}, pipeline: { attempt: '-5s' }`, /pipeline\.attempt/),
  configured(
    '83: settings whose secret is missing',
    `${renamed}, channels: { ...first.channels, efax: { ...first.channels.efax, accounts: [{ ...first.channels.efax.accounts[0], apiKey: { env: 'NO_SUCH' } }] } }`,
    /NO_SUCH/,
  ),
  configured(
    '84: a policy that is an endless loop',
    `${renamed}, policies: { routine: () => { for (;;); } }`,
    /policies\.routine/,
  ),
  configured(
    '84: a policy that reaches for prototypes',
    `${renamed}, policies: { routine: ['__proto__', 'constructor'] }`,
    /policies\.routine/,
  ),
];

export const deskCases: readonly Case[] = [tables, ...links, ...sessions, ...together, ...settings];
