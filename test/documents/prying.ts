import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';

// What code that took over the process of a box would try first; the answer names what it got.
const tries: Readonly<Record<string, () => unknown>> = {
  environment: () => Object.keys(process.env).filter((name) => !/^(NODE_|__)/.test(name))[0],
  read: () => readFileSync('/etc/passwd'),
  write: () => writeFileSync('/tmp/loopgate-prying', ''),
  program: () => spawnSync('true').status,
  network: () => new Promise((resolve, reject) => connect(25, '127.0.0.1').on('connect', resolve).on('error', reject)),
};

process.on('message', ({ id }: { readonly id: number }) => {
  void Promise.all(Object.entries(tries).map(async ([name, attempt]) => ((await got(attempt)) ? [name] : []))).then(
    (names) => process.send?.({ id, answer: { ok: true, value: names.flat() } }),
  );
});
process.on('disconnect', () => process.exit(0));

async function got(attempt: () => unknown): Promise<boolean> {
  try {
    const value = await attempt();
    return value !== undefined && value !== null;
  } catch (cause) {
    // A refused connection is one that was tried.
    return (cause as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  }
}
