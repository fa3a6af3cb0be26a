import { readFileSync } from 'node:fs';
import { loadConfig } from '../config.ts';
import { cliKeyFile } from '../first-run.ts';

/** What ends a verb early: one line for a person, and the exit code of contract.md. */
export class Failure extends Error {
  readonly exitCode: 1 | 2 | 3;
  constructor(exitCode: 1 | 2 | 3, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly fields?: Readonly<Record<string, string>>;
}

/** The gateway of these settings, asked over HTTP with the key that the first start made. */
export interface Client {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  remove<T>(path: string): Promise<T>;
  file(path: string): Promise<Uint8Array>;
  form<T>(path: string, form: FormData): Promise<T>;
  /** The record as it is written, until the gateway goes. */
  events(): AsyncIterable<{
    readonly message: string | null;
    readonly subject: string;
    readonly what: string;
    readonly at: string;
  }>;
}

/** @throws Failure 3 when there is no key or nobody listens, 1 when the gateway says no. */
export async function connect(): Promise<Client> {
  const config = await loadConfig();
  const base = `http://${config.http.host}:${config.http.port}/api/v1`;
  const authorization = `Bearer ${readKey(cliKeyFile(config))}`;

  async function ask(
    path: string,
    init: { method?: string; body?: string | FormData; type?: string } = {},
  ): Promise<Response> {
    const { type, ...rest } = init;
    const headers = type === undefined ? { authorization } : { authorization, 'content-type': type };
    const response = await fetch(base + path, { ...rest, headers }).catch(() => {
      throw new Failure(3, `no gateway answers at ${base}; start it with: npm start`);
    });
    const id = path.split('/')[2];
    if (response.status === 404 && id !== undefined) throw new Failure(1, `nothing here has the id ${id}`);
    if (!response.ok) throw new Failure(1, told(response.status, (await response.json().catch(() => ({}))) as Problem));
    return response;
  }
  const read = async <T>(path: string, init?: Parameters<typeof ask>[1]): Promise<T> =>
    (await (await ask(path, init)).json()) as T;

  return {
    get: (path) => read(path),
    post: (path, body) => read(path, { method: 'POST', body: JSON.stringify(body), type: 'application/json' }),
    file: async (path) => new Uint8Array(await (await ask(path)).arrayBuffer()),
    remove: (path) => read(path, { method: 'DELETE' }),
    form: (path, form) => read(path, { method: 'POST', body: form }),
    async *events() {
      const { body } = await ask('/events/stream');
      if (!body) return;
      let rest = '';
      for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          if (line.startsWith('data:')) yield JSON.parse(line.slice(5)) as never;
        }
      }
    },
  };
}

function readKey(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new Failure(
      3,
      `there is no key at ${file}; it is made when the gateway starts for the first time: npm start`,
    );
  }
}

function told(status: number, { title = `answer ${status}`, detail, fields = {} }: Problem): string {
  const faults = Object.entries(fields).map(([name, fault]) => `${name}: ${fault}`);
  return [...(faults.length > 0 ? [detail ?? title] : [title, detail]), ...faults].filter(Boolean).join('; ');
}

/** Print for a program or for a person. */
export function show(json: boolean | undefined, value: unknown, text: () => string): void {
  process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : `${text()}\n`);
}

/** Columns as wide as they need to be. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
