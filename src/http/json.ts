import { Invalid } from '../errors.ts';

const maxDepth = 32;
const poison = new Set(['__proto__', 'constructor', 'prototype']);

/** JSON that means one thing to every reader (RFC 7493): no repeated or poisoned names, no number beyond a double,
 *  no lone surrogate, no depth that could exhaust a stack.
 *  @throws Invalid */
export function strictJson(text: string): unknown {
  checkDepth(text);
  // First, because in what is JSON every string is closed: else the pattern would look for the end of each one anew,
  // and a megabyte of quotes would keep it busy for minutes.
  const value = parsed(text);
  const nesting: { keys: Set<string> | null }[] = [];
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(?:\s*:)?|[{}[\]]|-?\d[\d.eE+-]*/gsu)) {
    if (token === '{' || token === '[') nesting.push({ keys: token === '{' ? new Set() : null });
    else if (token === '}' || token === ']') nesting.pop();
    else if (token.startsWith('"')) checkString(token, nesting.at(-1)?.keys ?? null);
    else if (!Number.isFinite(Number(token))) throw new Invalid('a number is out of range');
  }
  return value;
}

/** Before it is parsed: a megabyte of brackets would keep the parser, and all who wait for it, for a tenth of a second. */
function checkDepth(text: string): void {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (quoted && char === '\\') at++;
    else if (char === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (char === '[' || char === '{') depth++;
    else if (char === ']' || char === '}') depth--;
    if (depth > maxDepth) throw new Invalid('nested too deeply');
  }
}

function checkString(token: string, keys: Set<string> | null): void {
  const isKey = token.endsWith(':');
  const value = parsed(isKey ? token.slice(0, -1) : token);
  if (typeof value !== 'string') return;
  if (!value.isWellFormed()) throw new Invalid('a text is not Unicode');
  if (!isKey || !keys) return;
  if (poison.has(value)) throw new Invalid('a name is not allowed');
  if (keys.has(value)) throw new Invalid('a name is given twice');
  keys.add(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Invalid('this is not JSON; nothing was kept');
  }
}
