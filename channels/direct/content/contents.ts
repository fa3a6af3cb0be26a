import type { Answer, OpenBox } from '../../../src/core/box.ts';
import { Malformed } from '../cms/der.ts';
import { readDocuments } from '../mime/documents.ts';
import { unpackAll, type Unpacked } from './unpack.ts';

/** What is in a message: its attachments and text, packages opened. Or why it cannot be told. */
export type Contents = (message: Buffer) => Promise<Answer<Unpacked>>;

/** Read in a process that holds no key and no data: the libraries that strangers' bytes could turn against us run there. */
export function boxedContents(openBox: OpenBox): Contents {
  const box = openBox(new URL('worker.ts', import.meta.url), new URL('..', import.meta.url));
  return (message) => box.ask<Unpacked>(message);
}

/** Read here. */
export const contentsOf: Contents = async (message) => {
  try {
    return { ok: true, value: await unpackAll(await readDocuments(message)) };
  } catch (cause) {
    // Libraries quote input in their messages: only our own words leave.
    return { ok: false, problem: cause instanceof Malformed ? cause.message : 'the message cannot be taken apart' };
  }
};
