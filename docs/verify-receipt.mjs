// Verify a Loopgate delivery receipt without Loopgate, off-line: node verify-receipt.mjs <receipt.json> [options]
//   --key <loopgate/…+…+…>   the gateway's verifier key, as its operator published it (ask them, not the receipt)
//   --document <file>        a document as it arrived; may be given several times
// Needs Node 20 or newer and nothing else. What a receipt is made of: docs/audit.md.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { key: { type: 'string' }, document: { type: 'string', multiple: true, default: [] } },
});
if (positionals.length !== 1) fail('usage: node verify-receipt.mjs <receipt.json> [--key <key>] [--document <file>]');
const { statement, lines, ...receipt } = JSON.parse(readFileSync(positionals[0], 'utf8'));
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const bytesOf = (base64) => Buffer.from(base64, 'base64');
// 1. Whose key is it? A verifier key is <name>+<id>+<algorithm byte and key>; the id is the start of a hash of the rest.
const { name, id, key } = readKey(values.key ?? receipt.key);
const whose = statement.practice === '' ? 'loopgate' : `loopgate/${encodeURIComponent(statement.practice)}`;
if (name !== whose) fail(`the key is of ${name}, the receipt of ${whose}`);
// 2. The statement is signed, in the form of RFC 8785: names sorted, no spaces.
if (!verify(null, Buffer.from(canonical(statement)), key, bytesOf(receipt.signature)))
  fail('the statement is not signed by this key');
// 3. The checkpoint is signed: so many lines had the record, and this is the root of their tree.
const { size, root, time } = readCheckpoint(receipt.checkpoint);
// 4. Each line is in that tree (RFC 9162, 2.1.3.2).
for (const { place, text, proof } of lines)
  if (!rootBy(sha256('\x00', text), place, size, proof.map(bytesOf))?.equals(root))
    fail(`line ${place} is not in the signed record`);
// 5. The lines say what the statement says.
const record = lines.map(({ text }) => JSON.parse(text));
if (!record.every(({ message }) => message === statement.message)) fail('a line is about another message');
const received = record.find(({ what, subject }) => what === 'message.received' && subject === statement.message);
const documents = statement.documents.map((each) => each.sha256);
if (received?.facts.sha256 !== documents.join(' ')) fail('the record does not know these documents');
const ends = ['delivery.confirmed', ...(statement.provenBy === 'word' ? [] : ['delivery.delivered'])];
if (!record.some(({ what, subject }) => ends.includes(what) && subject === statement.delivery))
  fail('the record does not say that it was delivered');
// 6. The evidence, and the files that were given, are what was recorded.
const heard = record.filter(({ what }) => what === 'receipt.recorded').map(({ facts }) => facts.evidence);
for (const each of statement.evidence) if (!heard.includes(each.sha256)) fail(`unknown evidence of ${each.kind}`);
for (const each of receipt.evidence)
  if (sha256(bytesOf(each.bytes)).toString('hex') !== each.sha256 || !heard.includes(each.sha256))
    fail('the evidence is not what was recorded');
for (const file of values.document)
  if (!documents.includes(sha256(readFileSync(file)).toString('hex'))) fail(`${file} is not one of the documents`);

const proof = { receipt: "the far side's receipt", acceptance: "the far side's acceptance", word: "a person's word" };
const way = statement.attempts.find((each) => each.proven);
console.log(`The receipt holds.
${statement.delivery} was delivered at ${statement.deliveredAt}${way ? ` by ${way.channel} to ${way.address}` : ''},
by ${proof[statement.provenBy]}. Documents: ${documents.join(', ') || 'none'}.
Its ${lines.length} lines are in the record of ${name}, which had ${size} lines at ${time}.
${values.key ? 'Signed with the key you gave.' : 'Signed with the key in the receipt: compare it with the one its operator published.'}`);

function readKey(text) {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text) ?? fail('not a key');
  const bytes = bytesOf(encoded);
  const own = sha256(`${name}\n`, bytes).toString('hex', 0, 4);
  if (bytes.length !== 33 || bytes[0] !== 1 || own !== id) fail('not an Ed25519 key');
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), bytes.subarray(1)]);
  return { name, id, key: createPublicKey({ key: der, format: 'der', type: 'spki' }) };
}

function readCheckpoint(note) {
  const [body, signatures] = [note.slice(0, note.indexOf('\n\n') + 1), note.slice(note.indexOf('\n\n') + 2)];
  const signed = signatures.split('\n').some((line) => {
    const [dash, signer, text = ''] = line.split(' ');
    const bytes = bytesOf(text);
    if (dash !== '—' || signer !== name || bytes.toString('hex', 0, 4) !== id) return false;
    return verify(null, Buffer.from(body), key, bytes.subarray(4));
  });
  const [origin, size, root, time = ''] = body.split('\n');
  if (!signed || origin !== name) fail('the checkpoint is not signed by this key');
  return { size: Number(size), root: bytesOf(root), time: time.replace('time ', '') };
}

function rootBy(leaf, place, size, proof) {
  let [hash, node, last] = [leaf, place, size - 1];
  for (const step of proof) {
    if (last === 0 || place >= size) return null;
    if (node % 2 === 1 || node === last) {
      hash = sha256('\x01', step, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
    } else hash = sha256('\x01', hash, step);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 && place < size ? hash : null;
}

function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const pair = (name) => `${JSON.stringify(name)}:${canonical(value[name])}`;
  return `{${Object.keys(value).sort().map(pair).join(',')}}`;
}

function fail(why) {
  console.error(`NOT VALID: ${why}`);
  process.exit(1);
}
