import { html, raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import type { Answer } from '../core/link.ts';
import type { Document } from '../core/message.ts';
import { kinds, words, type Language } from './portal-words.ts';

/** Plain pages that need no script and fit a phone. `html` escapes every value put into it. */

type Html = HtmlEscapedString | Promise<HtmlEscapedString>;
/** A page waits for the nonce that its style carries. */
type Page = (nonce: string) => Html;

export const portalPolicy = (nonce: string): string =>
  `default-src 'none'; style-src 'nonce-${nonce}'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;

const style = `
:root{color-scheme:light dark;font:17px/1.5 system-ui,sans-serif}
html{background:Canvas;color:CanvasText}
body{margin:0 auto;max-width:46rem;padding:1.25rem;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.15rem;margin-top:2rem}
label{display:block;margin:.75rem 0;font-weight:600}
label.choice{display:flex;gap:.6rem;align-items:baseline;font-weight:400;min-height:2rem}
input[type=text],input[type=date],textarea,input[type=file]{display:block;box-sizing:border-box;width:100%;max-width:24rem;font:inherit;padding:.6rem;border:1px solid GrayText;border-radius:.4rem;margin-top:.25rem}
input[name=code]{font-size:1.6rem;letter-spacing:.3em;max-width:12rem}
button,a.save{display:inline-block;font:inherit;font-weight:600;padding:.7rem 1.2rem;border:0;border-radius:.4rem;background:#0b5cad;color:#fff;text-decoration:none;cursor:pointer}
img{display:block;box-sizing:border-box;width:100%;height:auto;border:1px solid GrayText;margin:1rem 0;background:#fff}
.note{border-left:.3rem solid #b35900;padding:.25rem .9rem}
article{border-top:1px solid GrayText;padding-top:.5rem}`;

/** @param here the address of this very page, for the other language; null: it has none of its own */
const layout =
  (lang: Language, title: string, body: Html, here: string | null = null): Page =>
  (nonce) =>
    html`<!doctype html>
      <html lang="${lang}">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="robots" content="noindex" />
          <link rel="icon" href="data:," />
          <title>${title}</title>
          <style nonce="${nonce}">
            ${raw(style)}
          </style>
        </head>
        <body>
          <main>${body}</main>
          ${here === null ? '' : otherLanguage(lang, here)}
        </body>
      </html>`;

const otherLanguage = (lang: Language, here: string): Html => {
  const other = lang === 'en' ? 'es' : 'en';
  return html`<nav>
    <p><a href="${here}?lang=${other}" lang="${other}" hreflang="${other}">${words[lang].other}</a></p>
  </nav>`;
};

/** Unknown, expired, locked, taken back: one wording. */
export const deadPage = (lang: Language): Page => {
  const { deadTitle, dead } = words[lang];
  return layout(
    lang,
    deadTitle,
    html`<h1>${deadTitle}</h1>
      <p>${dead}</p>`,
  );
};

export const waitPage = (lang: Language, minutes: number): Page => {
  const { waitTitle, wait } = words[lang];
  return layout(
    lang,
    waitTitle,
    html`<h1>${waitTitle}</h1>
      <p>${wait(minutes)}</p>`,
  );
};

export const codeDigits = 6;

interface Asked {
  readonly lang: Language;
  readonly here: string;
  readonly from: string;
  readonly phone: string;
  /** What was wrong with the code. */
  readonly note: string | null;
}

export const codePage = ({ lang, here, from, phone, note }: Asked): Page => {
  const say = words[lang];
  return layout(
    lang,
    say.documentsFrom(from),
    html`<h1>${say.hasDocuments(from)}</h1>
      ${note === null ? '' : html`<p class="note" role="alert">${note}</p>`}
      <p>${say.enter(from)}</p>
      <form method="post" action="${here}?lang=${lang}">
        <label
          >${say.code}
          <input
            type="text"
            name="code"
            inputmode="numeric"
            autocomplete="one-time-code"
            maxlength="12"
            required
            autofocus
        /></label>
        <button>${say.show}</button>
      </form>
      <p>${say.noCode(from, phone)}</p>`,
    here,
  );
};

/** What was chosen without what it needs, as it was typed. */
export interface Incomplete {
  readonly kind: string;
  readonly on: string;
  readonly reason: string;
}

interface Shown {
  readonly lang: Language;
  readonly from: string;
  readonly base: string;
  readonly documents: readonly (Document & { readonly pages: readonly number[] })[];
  readonly answer: Answer | null;
  readonly incomplete: Incomplete | null;
  /** Why a report was not taken, in the reader's language. */
  readonly notTaken?: string;
}

/** The most that a report may weigh, all files together. */
export const maxReportBytes = 20 * 1024 * 1024;

export const messagePage = ({ lang, from, base, documents, answer, incomplete, notTaken }: Shown): Page => {
  const say = words[lang];
  return layout(
    lang,
    say.documentsFrom(from),
    html`<h1>${say.documentsFrom(from)}</h1>
      ${documents.map((each) => documentPart(lang, base, each))}
      <h2 id="answer">${say.yourAnswer(from)}</h2>
      ${answer ? html`<p>${say.youSaid(say[answer.kind])}</p>` : ''}
      ${incomplete === null ? '' : html`<p class="note" role="alert">${say.incomplete}</p>`}
      <form method="post" action="${base}/answer?lang=${lang}#answer">
        ${kinds.map(
          (kind) =>
            html`<label class="choice"
              ><input type="radio" name="kind" value="${kind}" required ${kind === incomplete?.kind ? 'checked' : ''} />
              <span>${say[kind]}</span></label
            >`,
        )}
        <label>${say.day} <input type="date" name="on" value="${incomplete?.on ?? ''}" /></label>
        <label
          >${say.reason}
          <textarea name="reason" rows="3" maxlength="500">${incomplete?.reason ?? ''}</textarea>
        </label>
        <button>${say.send}</button>
      </form>
      ${reportForm(lang, base, notTaken)}`,
    base,
  );
};

const reportForm = (lang: Language, base: string, notTaken: string | undefined): Html => {
  const say = words[lang];
  return html`<h2 id="report">${say.attach}</h2>
    ${notTaken === undefined ? '' : html`<p class="note" role="alert">${notTaken}</p>`}
    <form method="post" action="${base}/report?lang=${lang}#report" enctype="multipart/form-data">
      <p id="report-what">${say.attachWhat(size(maxReportBytes))}</p>
      <label
        >${say.files}
        <input
          type="file"
          name="file"
          accept=".pdf,.tif,.tiff,.png,.jpg,.jpeg,application/pdf,image/tiff,image/png,image/jpeg"
          aria-describedby="report-what"
          multiple
          required
      /></label>
      <button>${say.attachSend}</button>
    </form>`;
};

const documentPart = (lang: Language, base: string, { id, name, bytes, pages }: Shown['documents'][number]): Html =>
  html`<article>
    <h2>${name}</h2>
    <p><a class="save" href="${base}/documents/${id}" download>${words[lang].save(size(bytes))}</a></p>
    ${pages.map(
      (number) =>
        html`<img
          loading="lazy"
          src="${base}/documents/${id}/pages/${number}.png"
          alt="${name}, ${words[lang].page(number)}"
        />`,
    )}
  </article>`;

/** @param here where the documents are, to answer again or bring the report later */
export const answerPage = (lang: Language, kind: Answer['kind'], here: string): Page => {
  const say = words[lang];
  return layout(
    lang,
    say.thanks,
    html`<h1>${say.thanks}</h1>
      <p><strong>${say[kind]}</strong></p>
      <p>${kind === 'report' ? say.reported : say.recorded}</p>
      <p><a href="${here}?lang=${lang}">${say.back}</a></p>`,
  );
};

export const size = (bytes: number): string =>
  bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
