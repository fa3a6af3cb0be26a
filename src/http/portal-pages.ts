import { html, raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import type { Answer } from '../core/link.ts';
import type { Document } from '../core/message.ts';

/** Plain pages that need no script and fit a phone. `html` escapes every value put into it. */

type Html = HtmlEscapedString | Promise<HtmlEscapedString>;
/** A page waits for the nonce that its style carries. */
type Page = (nonce: string) => Html;

export const portalPolicy = (nonce: string): string =>
  `default-src 'none'; style-src 'nonce-${nonce}'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;

const style = `
:root{color-scheme:light dark;font:17px/1.5 system-ui,sans-serif}
body{margin:0 auto;max-width:46rem;padding:1.25rem;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.15rem;margin-top:2rem}
label{display:block;margin:.75rem 0;font-weight:600}
label.choice{font-weight:400;min-height:2rem}
input[type=text],textarea{display:block;box-sizing:border-box;width:100%;max-width:24rem;font:inherit;padding:.6rem;border:1px solid GrayText;border-radius:.4rem;margin-top:.25rem}
input[name=code]{font-size:1.6rem;letter-spacing:.3em;max-width:12rem}
button,a.save{display:inline-block;font:inherit;font-weight:600;padding:.7rem 1.2rem;border:0;border-radius:.4rem;background:#0b5cad;color:#fff;text-decoration:none;cursor:pointer}
img{display:block;box-sizing:border-box;width:100%;height:auto;border:1px solid GrayText;margin:1rem 0;background:#fff}
.note{border-left:.3rem solid #b35900;padding:.25rem .9rem}
article{border-top:1px solid GrayText;padding-top:.5rem}`;

const layout =
  (title: string, body: Html): Page =>
  (nonce) =>
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="robots" content="noindex" />
          <title>${title}</title>
          <style nonce="${nonce}">
            ${raw(style)}
          </style>
        </head>
        <body>
          <main>${body}</main>
        </body>
      </html>`;

/** Unknown, expired, locked: one wording. */
export const deadPage = (): Page =>
  layout(
    'This link cannot be used',
    html`<h1>This link cannot be used</h1>
      <p>
        It may have run out, or too many wrong codes were tried. Please ask the practice that sent it for a new one.
      </p>`,
  );

export const waitPage = (minutes: number): Page =>
  layout(
    'Please wait',
    html`<h1>Too many tries</h1>
      <p>Please wait ${minutes} minutes, then try again.</p>`,
  );

export const codePage = ({
  from,
  phone,
  wrong,
}: {
  readonly from: string;
  readonly phone: string;
  readonly wrong: boolean;
}): Page =>
  layout(
    `Documents from ${from}`,
    html`<h1>${from} has documents for you</h1>
      ${
        wrong
          ? html`<p class="note" role="alert">
              That code was not right. After five wrong codes this link stops working.
            </p>`
          : ''
      }
      <p>Enter the six-digit code that ${from} gave you by phone or text message.</p>
      <form method="post">
        <label
          >Code
          <input
            type="text"
            name="code"
            inputmode="numeric"
            autocomplete="one-time-code"
            maxlength="12"
            required
            autofocus
        /></label>
        <button>Show the documents</button>
      </form>
      <p>No code? Call ${from} at ${phone}: they can read it out to you.</p>`,
  );

interface Shown {
  readonly from: string;
  readonly base: string;
  readonly documents: readonly (Document & { readonly pages: readonly number[] })[];
  readonly answer: Answer | null;
  readonly reasonMissing: boolean;
}

export const messagePage = ({ from, base, documents, answer, reasonMissing }: Shown): Page =>
  layout(
    `Documents from ${from}`,
    html`<h1>Documents from ${from}</h1>
      ${documents.map((each) => documentPart(base, each))}
      <h2>Your answer to ${from}</h2>
      ${answer ? html`<p>You said: <strong>${answer.kind}</strong>. You can change it.</p>` : ''}
      ${reasonMissing ? html`<p class="note" role="alert">To decline, please say why.</p>` : ''}
      <form method="post" action="${base}/answer">
        <label class="choice"><input type="radio" name="kind" value="received" required /> We have received it</label>
        <label class="choice"><input type="radio" name="kind" value="accepted" /> We accept the patient</label>
        <label class="choice"
          ><input type="radio" name="kind" value="declined" ${reasonMissing ? 'checked' : ''} /> We decline,
          because:</label
        >
        <label
          >Reason (when you decline)
          <textarea name="reason" rows="3" maxlength="500"></textarea>
        </label>
        <button>Send the answer</button>
      </form>`,
  );

const documentPart = (base: string, { id, name, bytes, pages }: Shown['documents'][number]): Html =>
  html`<article>
    <h2>${name}</h2>
    <p><a class="save" href="${base}/documents/${id}" download>Save the file (${size(bytes)})</a></p>
    ${pages.map(
      (number) =>
        html`<img loading="lazy" src="${base}/documents/${id}/pages/${number}.png" alt="${name}, page ${number}" />`,
    )}
  </article>`;

export const answerPage = (kind: Answer['kind']): Page =>
  layout(
    'Thank you',
    html`<h1>Thank you</h1>
      <p>Your answer, <strong>${kind}</strong>, has been recorded. You can close this page.</p>`,
  );

const size = (bytes: number): string =>
  bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
