/** `local@domain` of plain letters, as every Direct address is: no quoted local part, no address literal, no IDN. What
 *  looks like anything else is no address to us, so that header, envelope and certificate can only mean the same one. */
const plain =
  /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/i;

export const directAddress: RegExp = plain;

/** Lower case, or null when it is no plain address. */
export function normalAddress(text: string): string | null {
  const address = text.trim();
  return address.length <= 320 && plain.test(address) ? address.toLowerCase() : null;
}

export const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1).toLowerCase();

/** The mailboxes of a From, Sender, To or Cc field. Names and comments are dropped, never read as addresses. An entry
 *  that is not plainly one mailbox comes back as null: whoever needs certainty refuses it. Work is linear. */
export function mailboxes(field: string): (string | null)[] {
  return split(bare(field)).map((entry) => {
    const angle = /^[^<>@]*<([^<>]*)>$/.exec(entry);
    return normalAddress(angle?.[1] ?? entry);
  });
}

/** The field without quoted strings and comments, each gone for good. */
function bare(field: string): string {
  let out = '';
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < field.length; i++) {
    const letter = field.charAt(i);
    if (letter === '\\' && (quoted || depth > 0)) i++;
    else if (letter === '"' && depth === 0) {
      quoted = !quoted;
      // A quoted local part must not leave a shorter address behind.
      if (quoted) out += '"';
    } else if (!quoted && letter === '(') depth++;
    else if (!quoted && letter === ')' && depth > 0) depth--;
    else if (!quoted && depth === 0) out += letter;
  }
  return quoted || depth > 0 ? '"' : out;
}

/** Entries between commas; the name of a group (`name: a, b;`) is taken off. */
function split(text: string): string[] {
  return text
    .replace(/^[^:<>@]*:(.*);\s*$/s, '$1')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
