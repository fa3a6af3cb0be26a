import { writeSync } from 'node:fs';
import winston from 'winston';
import type { Facts, Log } from './core/channel.ts';

/** Keys that may be written. Whatever else a caller smuggles past the types is dropped here. */
const known = new Set([
  'message',
  'delivery',
  'attempt',
  'entry',
  'channel',
  'lane',
  'stage',
  'state',
  'outcome',
  'reason',
  'practice',
  'url',
  'path',
  'version',
  'tries',
  'bytes',
  'pages',
  'count',
  'ms',
  'status',
]);

export type LogLevel = 'error' | 'warn' | 'info' | 'silent';

/** JSON lines on stderr (stdout belongs to people and scripts): `{"level","event","at",…facts}`. Diagnostics only; the record is the `events` table. */
export function createLog(level: LogLevel): Log {
  const logger = winston.createLogger({
    level: level === 'silent' ? 'error' : level,
    silent: level === 'silent',
    format: winston.format.printf((info) => info.message as string),
    transports: new winston.transports.Console({ stderrLevels: ['error', 'warn', 'info'] }),
  });
  const write = (severity: 'info' | 'warn' | 'error', event: string, facts: Facts = {}, cause?: unknown): void => {
    const kept = Object.fromEntries(Object.entries(facts).filter(([key]) => known.has(key)));
    const line = {
      level: severity,
      event,
      at: new Date().toISOString(),
      ...kept,
      ...(cause === undefined ? {} : blame(cause)),
    };
    logger.log(severity, JSON.stringify(line));
  };
  return {
    info: (event, facts) => {
      write('info', event, facts);
    },
    warn: (event, facts) => {
      write('warn', event, facts);
    },
    error: (event, facts, cause) => {
      write('error', event, facts, cause);
    },
  };
}

/** Whatever nobody caught ends the process, as it would anyway; but what is said of it names no patient: the runtime
 *  itself would print the message, which may quote what a stranger sent. Written at once: what a logger buffers is lost. */
export function endOnUncaught(): void {
  process.once('uncaughtException', (cause) => {
    const line = { level: 'error', event: 'process.broke', at: new Date().toISOString(), ...blame(cause) };
    writeSync(2, `${JSON.stringify(line)}\n`);
    process.exit(70); // EX_SOFTWARE of sysexits.h
  });
}

/** Class, code and stack frames; never the message, which may quote what a stranger sent. */
function blame(cause: unknown): { readonly cause: string; readonly frames: string } {
  if (!(cause instanceof Error)) return { cause: typeof cause, frames: '' };
  const code = 'code' in cause && typeof cause.code === 'string' ? ` ${cause.code}` : '';
  const frames = (cause.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8);
  return { cause: cause.name + code, frames: frames.map((line) => line.trim()).join(' | ') };
}
