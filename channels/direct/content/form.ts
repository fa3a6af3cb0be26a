import type { About, Carried } from './about.ts';
import { contextName } from '../mime/documents.ts';
import { contextId, contextOf } from './context.ts';
import { pack, packageSubject } from './pack.ts';
import { wrapped } from './unstructured.ts';

/** What a partner's system takes in: the documents as they are, as C-CDA documents, or in one XDM package. */
export type Form = 'files' | 'ccda' | 'xdm';

export interface Formed {
  readonly subject: string;
  readonly documents: readonly Carried[];
  /** Header fields of the message. */
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/** A message's content as its recipient wants it. A Context that its sender wrote goes along as it is, whatever the form. */
export function formed(
  about: About,
  { subject, documents }: { readonly subject: string; readonly documents: readonly Carried[] },
  { form, context }: { readonly form: Form; readonly context: boolean },
): Formed {
  const given = documents.find(({ name }) => name === contextName);
  const others = documents.filter((each) => each !== given);
  const shaped = form === 'files' ? { subject, documents: others } : shapes[form](about, subject, others);
  if (!given && !context) return { ...shaped, fields: [] };
  const contentId = contextId(about);
  const part = { ...(given ?? contextOf(about)), contentId };
  return { ...shaped, documents: [...shaped.documents, part], fields: [['X-Direct-Context', `<${contentId}>`]] };
}

const shapes = {
  xdm: (about: About, subject: string, documents: readonly Carried[]) => ({
    subject: packageSubject(subject),
    documents: [pack(about, documents)],
  }),
  /** What is a C-CDA already goes as it is. */
  ccda: (about: About, subject: string, documents: readonly Carried[]) => ({
    subject,
    documents: documents.map((each, index) => (each.mediaType === 'text/xml' ? each : wrapped(about, each, index))),
  }),
} as const;
