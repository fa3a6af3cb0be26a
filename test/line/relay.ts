import { createSocket, type RemoteInfo } from 'node:dgram';

/** What the far end of the next call does. `cut`: the line goes dead after that many audio packets of the call. */
export type Line =
  | { readonly kind: 'open'; readonly loss?: number; readonly cut?: number }
  | { readonly kind: 'busy' }
  | { readonly kind: 'no answer' }
  | { readonly kind: 'voice' };

/** Call control of IAX2 (RFC 5456): frame types, and of those the subclasses that we speak. */
const iax = { frame: 6, new: 1, ack: 4, hangup: 5, accept: 7, regreq: 13, regack: 15 };
const control = { frame: 4, ringing: 3, answer: 4, busy: 5 };
const formatElement = Buffer.from([9, 4, 0, 0, 0, 0x40]); // signed linear
const refreshElement = Buffer.from([19, 2, 0, 60]);

interface Call {
  readonly peer: number;
  readonly ours: number;
  readonly begun: number;
  out: number;
  in: number;
}

/** Joins two software modems to one telephone line, as the exchange between them: it registers both, passes calls
 *  from the one to the other, and can be a busy, silent or speaking far end itself. */
export class Relay {
  readonly calls: string[] = [];
  private readonly socket = createSocket('udp4');
  private readonly pair: readonly [number, number];
  private readonly played = new Map<number, Call>();
  private line: Line = { kind: 'open' };
  private passed = 0;
  private serial = 100;
  private seed = 7;

  constructor(pair: readonly [number, number]) {
    this.pair = pair;
  }

  open(port: number): Promise<void> {
    this.socket.on('message', (frame, from) => {
      this.take(frame, from);
    });
    return new Promise((resolve) => this.socket.bind(port, '127.0.0.1', resolve));
  }

  /** From the next call on. */
  behave(line: Line): void {
    this.line = line;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.socket.close(resolve));
  }

  private take(frame: Buffer, { port }: RemoteInfo): void {
    const isFull = ((frame[0] ?? 0) & 0x80) !== 0;
    if (isFull && this.registered(frame, port)) return;
    if (isFull && is(frame, iax.frame, iax.new)) {
      this.passed = 0;
      this.calls.push(calledNumber(frame));
      if (this.line.kind !== 'open') {
        this.play(frame, port);
        return;
      }
    }
    if (this.played.has(port)) {
      if (isFull) this.hearPlayed(frame, port);
      return;
    }
    this.pass(frame, port, isFull);
  }

  private registered(frame: Buffer, port: number): boolean {
    if (is(frame, iax.frame, iax.regreq)) {
      const header = headerOf(++this.serial, sourceOf(frame), { at: 3, out: 0, in: 1 }, iax.frame, iax.regack);
      this.socket.send(Buffer.concat([header, refreshElement]), port, '127.0.0.1');
      return true;
    }
    // Thanks for the registration: nobody on the other side asked for it.
    return is(frame, iax.frame, iax.ack) && frame.readUInt16BE(2) > 100 && frame.readUInt16BE(2) <= this.serial;
  }

  /** Be the far end. */
  private play(frame: Buffer, port: number): void {
    const call: Call = { peer: sourceOf(frame), ours: 3_000 + ++this.serial, begun: Date.now(), out: 0, in: 1 };
    this.played.set(port, call);
    this.say(port, call, iax.frame, iax.accept, formatElement);
    const { kind } = this.line;
    setTimeout(() => {
      this.say(port, call, control.frame, kind === 'busy' ? control.busy : control.ringing);
    }, 150);
    if (kind === 'voice')
      setTimeout(() => {
        this.say(port, call, control.frame, control.answer);
      }, 2_000);
  }

  private hearPlayed(frame: Buffer, port: number): void {
    const call = this.played.get(port);
    if (!call || is(frame, iax.frame, iax.ack)) return;
    call.in = ((frame[8] ?? 0) + 1) & 255;
    this.say(port, call, iax.frame, iax.ack);
    if (is(frame, iax.frame, iax.hangup)) this.played.delete(port);
  }

  private say(port: number, call: Call, type: number, subclass: number, elements = Buffer.alloc(0)): void {
    const state = { at: Date.now() - call.begun + 3, out: call.out, in: call.in };
    const header = headerOf(call.ours, call.peer, state, type, subclass);
    if (!(type === iax.frame && subclass === iax.ack)) call.out = (call.out + 1) & 255;
    this.socket.send(Buffer.concat([header, elements]), port, '127.0.0.1');
  }

  private pass(frame: Buffer, port: number, isFull: boolean): void {
    const { cut = Infinity, loss = 0 } = this.line.kind === 'open' ? this.line : {};
    if (!isFull) this.passed++;
    if (this.passed > cut) return;
    if (!isFull && loss > 0 && this.random() < loss) return;
    this.socket.send(frame, port === this.pair[0] ? this.pair[1] : this.pair[0], '127.0.0.1');
  }

  /** The same packets are lost on every run. */
  private random(): number {
    this.seed = (Math.imul(this.seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return this.seed / 0x7fffffff;
  }
}

const is = (frame: Buffer, type: number, subclass: number): boolean =>
  frame[10] === type && ((frame[11] ?? 0) & 0x7f) === subclass;

const sourceOf = (frame: Buffer): number => frame.readUInt16BE(0) & 0x7fff;

/** Information element 1. */
function calledNumber(frame: Buffer): string {
  for (let at = 12; at + 2 <= frame.length; at += 2 + (frame[at + 1] ?? 0)) {
    if (frame[at] === 1) return frame.toString('latin1', at + 2, at + 2 + (frame[at + 1] ?? 0));
  }
  return '';
}

function headerOf(
  source: number,
  target: number,
  { at, out, in: heard }: { readonly at: number; readonly out: number; readonly in: number },
  type: number,
  subclass: number,
): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(0x8000 | source, 0);
  header.writeUInt16BE(target, 2);
  header.writeUInt32BE(at, 4);
  header[8] = out;
  header[9] = heard;
  header[10] = type;
  header[11] = subclass;
  return header;
}
