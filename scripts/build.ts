import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';

// The gateway runs from its sources; only the console has to be built. Without --all: only when it is missing or stale.
const built = 'web/dist/index.html';

function newest(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('dist'))
    .reduce((latest, entry) => Math.max(latest, statSync(`${entry.parentPath}/${entry.name}`).mtimeMs), 0);
}

const stale = !existsSync(built) || newest('web') > statSync(built).mtimeMs;
if (stale || process.argv.includes('--all')) {
  process.stderr.write('building the console…\n');
  const { status } = spawnSync(
    'node',
    ['node_modules/vite/bin/vite.js', 'build', '-c', 'web/vite.config.ts', '--logLevel', 'warn'],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  process.exitCode = status ?? 1;
}
