/** NIST SP 800-63B and ASVS 5.0 6.2: long, not known from breaches, not about this place; no rules of composition. */
const shortest = 15;
const longest = 128;

/** The 49,000 passwords most often found in breaches. Looked for off-line: asking a service needs a way out. */
let breached: Promise<ReadonlySet<string>> | null = null;

/** Unpacked when the first password is chosen: most starts see none. */
async function unpacked(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return new Set<string>(dictionary['passwords-common']);
}

/** What is wrong with a password, in words; null: nothing.
 *  @param known words that whoever guesses would try first: the person's name, the practice's */
export async function passwordFault(password: string, known: readonly string[]): Promise<string | null> {
  const length = Array.from(password).length;
  if (length < shortest) return `at least ${shortest} characters; a sentence is easy to keep in mind`;
  if (length > longest) return `at most ${longest} characters`;
  const plain = password.toLowerCase();
  if (root(plain).length < shortest / 2) return 'it is one short piece, repeated';
  const broken = await (breached ??= unpacked());
  if (broken.has(plain) || broken.has(root(plain))) return 'it is known from breaches';
  const told = known.map((word) => word.toLowerCase()).filter((word) => word.length > 3);
  const rest = told.reduce((text, word) => text.replaceAll(word, ''), plain);
  if (rest.length < shortest / 2) return 'it is little more than a name';
  return null;
}

/** One piece that is repeated is as good as that piece: `passwordpassword`. */
const root = (text: string): string => /^(.{1,64}?)\1+$/su.exec(text)?.[1] ?? text;
