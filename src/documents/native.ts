import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import type { Answer } from '../core/box.ts';
import { afterItsTime, standBehind } from './behind.ts';
import type { Layout, SeenWord } from './protocol.ts';

/** Reads one page image (PNG, 300 dpi). Boxes are fractions of it. Null: the program failed on its own account, as when
 *  it is being replaced; the page may be read otherwise. */
export type Recognise = (
  png: Uint8Array,
  layout: Layout,
  signal: AbortSignal | undefined,
) => Promise<Answer<SeenWord[]> | null>;

/** Page segmentation modes of tesseract. */
export const modes = { column: '4', scattered: '11', block: '6' } as const;

const memoryKilobytes = 1_500_000;

/** The system's own tesseract (5 or newer) when it is installed: two to three times as fast as the one in WebAssembly.
 *  It is given only images that our sandbox has drawn, never a file from outside. */
export async function nativeTesseract(patience: number): Promise<Recognise | null> {
  const version = await saidBy('--version');
  if (Number(/tesseract v?(\d+)/.exec(version)?.[1] ?? 0) < 5) return null;
  if (!/^eng$/m.test(await saidBy('--list-langs'))) return null;
  return (png, layout, signal) => recognised(png, layout, patience, signal);
}

const env = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  OMP_THREAD_LIMIT: '1',
  // Memory in large pieces, and kept: a page is a dozen images of 8 MB, whose small pages the system would hand out one by
  // one each time (measured: a twelfth of the time). Other C libraries than glibc pass it by.
  GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=67108864:glibc.malloc.trim_threshold=268435456',
};

/** Empty when it cannot be asked. */
const saidBy = (question: string): Promise<string> =>
  run('tesseract', [question], { encoding: 'latin1', env }).then(
    ({ stdout }) => stdout,
    () => '',
  );

const run = promisify(execFile);

function recognised(
  png: Uint8Array,
  layout: Layout,
  patience: number,
  signal: AbortSignal | undefined,
): Promise<Answer<SeenWord[]> | null> {
  const words = ['-', '-', '-l', 'eng', '--oem', '1', '--psm', modes[layout], '--dpi', '300', 'tsv'];
  // The shell sets the limit on memory, and that no core is dumped, then is gone.
  const script = `ulimit -v ${memoryKilobytes}; ulimit -c 0; exec tesseract "$@"`;
  const child = spawn('sh', ['-c', script, 'sh', ...words], {
    env,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  standBehind(child.pid);
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    const end = (answer: Answer<SeenWord[]> | null): void => {
      forget();
      signal?.removeEventListener('abort', stop);
      child.kill('SIGKILL');
      resolve(answer);
    };
    const stop = (): void => {
      end({ ok: false, problem: 'reading was stopped' });
    };
    const forget = afterItsTime(child.pid, patience, () => {
      end({ ok: false, problem: 'it takes too long to read' });
    });
    signal?.addEventListener('abort', stop, { once: true });
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    child.once('error', () => {
      end(null);
    });
    child.once('close', (code) => {
      end(code === 0 ? { ok: true, value: seenWords(Buffer.concat(parts).toString('utf8')) } : null);
    });
    // What it does not take it has answered by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(png);
  });
}

/** Tesseract's table of words: level 1 is the page and gives its size, level 5 a word. */
function seenWords(tsv: string): SeenWord[] {
  let [pageWidth, pageHeight] = [1, 1];
  const words: SeenWord[] = [];
  for (const row of tsv.split('\n').slice(1)) {
    const [level, , block, paragraph, line, , left, top, width, height, confidence, text = ''] = row.split('\t');
    if (level === '1') [pageWidth, pageHeight] = [Number(width), Number(height)];
    if (level !== '5' || text.trim() === '') continue;
    words.push({
      text: text.trim(),
      confidence: Math.min(1, Math.max(0, Number(confidence) / 100)),
      run: `${block}.${paragraph}.${line}`,
      box: {
        x: Number(left) / pageWidth,
        y: Number(top) / pageHeight,
        width: Number(width) / pageWidth,
        height: Number(height) / pageHeight,
      },
    });
  }
  return words;
}
