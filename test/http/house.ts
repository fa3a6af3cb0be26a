import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { Hono } from 'hono';
import { createNotary, type Notary } from '../../src/audit/notary.ts';
import type { Channel } from '../../src/core/channel.ts';
import { openSandbox } from '../../src/documents/sandbox.ts';
import { viewDocument } from '../../src/documents/view.ts';
import type { Env, HttpDeps } from '../../src/http/deps.ts';
import { createApp } from '../../src/http/server.ts';
import { decideNumber, drawLetter, reportMisdirected } from '../../src/pipeline/numbers.ts';
import { keepRecipient, removeRecipient } from '../../src/pipeline/recipients.ts';
import { hashPassword, hashSecret } from '../../src/http/secrets.ts';
import { resume } from '../../src/pipeline/held.ts';
import { drawCover, preview } from '../../src/pipeline/preview.ts';
import { answerLink, openLink, revokeLink } from '../../src/pipeline/portal.ts';
import type { Role } from '../../src/core/role.ts';
import { decideDeadLetter, listDeadLetters } from '../../src/pipeline/dead-letter.ts';
import { pauseChannel } from '../../src/pipeline/pause.ts';
import { attachReport } from '../../src/pipeline/report.ts';
import { keepTask } from '../../src/pipeline/task.ts';
import {
  allUrgencies,
  fax,
  harness,
  type Harness,
  hour,
  lookedAtHere,
  minute,
  needs,
  otherPractice,
  pdf,
  practice,
  request,
  scripted,
} from '../harness.ts';

export const password = 'correct horse battery staple';
export const origin = 'http://127.0.0.1:8080';

export interface House extends Harness {
  readonly app: Hono<Env>;
  readonly notary: Notary;
  /** Ask as the holder of a key. */
  readonly as: (key: string, path: string, init?: RequestInit) => Promise<Response>;
  readonly addKey: (role: Role, practice: string | null) => Promise<string>;
}

interface Options {
  readonly pipeline?: Harness;
  readonly channels?: ReadonlyMap<string, Channel>;
  readonly webRoot?: string;
  readonly publicUrl?: string;
  readonly proxies?: readonly string[];
  readonly submissionsPerMinute?: number;
  readonly signIn?: HttpDeps['signIn'];
  readonly ready?: HttpDeps['ready'];
  readonly seen?: HttpDeps['seen'];
}

/** The outside over the real pipeline and store, asked in process. */
export function house({
  pipeline,
  channels,
  webRoot = '/nowhere',
  publicUrl = origin,
  proxies = [],
  submissionsPerMinute = 1_200,
  signIn = { secondFactor: [], oidc: null },
  ready,
  seen,
}: Options = {}): House {
  const inner = pipeline ?? harness({ channels: [scripted('direct'), fax()] });
  const { store, inbox } = inner;
  const now = () => inner.now();
  const dialling = new Map<string, Channel>([scripted('direct'), fax()].map((each) => [each.name, each]));
  const faxing = {
    store,
    now,
    practices: [practice, otherPractice],
    channels: channels ?? dialling,
    patientsOf: lookedAtHere,
  };
  const { privateKey } = generateKeyPairSync('ed25519');
  const notary = createNotary({ record: store.record, key: privateKey, now, folder: null });
  const app = createApp({
    store,
    inbox,
    now,
    needs,
    deadlines: { stat: 15 * minute, urgent: hour, routine: 24 * hour },
    actions: {
      submit: inner.submit,
      preview: preview(faxing),
      drawCover: drawCover(faxing),
      decideDelivery: inner.decideDelivery,
      decideEntry: inner.decideEntry,
      arrangeEntry: inner.arrangeEntry,
      forgetLessons: inner.forgetLessons,
      askSender: inner.askSender,
      recordStep: inner.recordStep,
      keepTask: keepTask({ store, now }),
      undoEntry: inner.undoEntry,
      resume: resume({ store, now }),
      reload: () => Promise.resolve({ changed: [], restart: [] }),
      openLink: openLink({ store, inbox, now }),
      answerLink: answerLink({ store, now }),
      listDeadLetters: listDeadLetters({ store }),
      decideDeadLetter: decideDeadLetter({ store, now }),
      pauseChannel: pauseChannel({ store, now, channels: channels ?? dialling }),
      attachReport: attachReport({ store, inbox, now }),
      revokeLink: revokeLink({ store, now }),
      keepRecipient: keepRecipient({ store, now }),
      removeRecipient: removeRecipient({ store, now }),
      decideNumber: decideNumber({ store, now }),
      reportMisdirected: reportMisdirected({ store, now, channels: dialling }),
      drawLetter: drawLetter({ store, now, practices: [practice, otherPractice] }),
    },
    channels: channels ?? dialling,
    practices: [practice, otherPractice],
    policy: () => ({ version: 'test', order: allUrgencies(['direct', 'efax', 'portal']) }),
    log: {
      info: () => undefined,
      warn: () => undefined,
      error: (event, _facts, cause) => {
        if (event === 'request.broke') throw new Error(event, { cause });
      },
    },
    publicUrl,
    proxies,
    sessions: { idleMs: 15 * minute, absoluteMs: 12 * hour },
    signIn,
    maxUploadBytes: 5 * 1024 * 1024,
    submissionsPerMinute,
    notary,
    async view(document, bytes) {
      const box = openSandbox({ log: { info: () => undefined, warn: () => undefined, error: () => undefined } });
      try {
        return await viewDocument(box, document, bytes, new AbortController().signal);
      } finally {
        await box.close();
      }
    },
    ready: ready ?? (() => Promise.resolve({ state: 'ready', reasons: [] })),
    seen: seen ?? (() => undefined),
    hurried: () => false,
    webRoot,
  });
  return {
    ...inner,
    app,
    notary,
    as: async (key, path, init = {}) => {
      const headers = new Headers(init.headers);
      headers.set('authorization', `Bearer ${key}`);
      return app.request(path, { ...init, headers });
    },
    addKey: async (role, practice) => {
      const key = randomBytes(24).toString('base64url');
      await store.people.addKey({ hash: hashSecret(key), label: `${role} key`, practice, role, ...fresh });
      return key;
    },
  };
}

const fresh = { scopes: null, madeAt: null, usedAt: null, revokedAt: null };

export async function addUser({ store }: Harness, name: string, role: Role, practice: string | null): Promise<void> {
  await store.people.addUser({ name, role, practice, password: await hashPassword(password), disabledAt: null });
}

export function form(referral: unknown = request(), files: readonly File[] = [pdfFile()]): FormData {
  const data = new FormData();
  data.set('referral', typeof referral === 'string' ? referral : JSON.stringify(referral));
  for (const file of files) data.append('document', file);
  return data;
}

export const pdfFile = (name = 'referral.pdf'): File => new File([pdf], name, { type: 'application/pdf' });

export const post = (body: unknown, method = 'POST'): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

export interface Sent {
  readonly referral: string;
  readonly message: string;
  readonly deliveries: readonly [{ readonly id: string; readonly state: string }];
}

export async function send(at: House, key: string, referral: unknown = request()): Promise<Sent> {
  const answer = await at.as(key, '/api/v1/referrals', { method: 'POST', body: form(referral) });
  if (answer.status !== 202) throw new Error(`${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Sent;
}
