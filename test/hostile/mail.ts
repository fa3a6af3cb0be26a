import { mailTurns, type HostileTown } from './town.ts';

export const lines = (...text: readonly string[]): Buffer => Buffer.from(text.join('\r\n'), 'latin1');

/** Whom the gateway trusts and who answers nothing. */
export const silent = (town: HostileTown): string => town.partner.address('silent');

/** Send one sealed or plain mail; the last reply. */
export async function send(town: HostileTown, raw: Buffer, from = silent(town)): Promise<string> {
  return (await town.smtp(...mailTurns(raw, from))).at(-1) ?? 'closed';
}
