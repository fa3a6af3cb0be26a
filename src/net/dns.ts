import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { getServers } from 'node:dns';
import { connect } from 'node:net';
import {
  decode,
  encode,
  RECURSION_DESIRED,
  streamEncode,
  type Answer,
  type DecodedPacket,
  type Packet,
  type RecordType,
} from 'dns-packet';
import { Unreachable } from '../core/network.ts';

/** One question and who answers it. */
export interface Question {
  readonly name: string;
  readonly type: RecordType;
}

export interface Reply {
  /** False: there is no such name (NXDOMAIN). */
  readonly exists: boolean;
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
}

/** As dns-packet reads it: `data` is a Buffer for kinds that it does not know, CERT among them. */
export interface ResourceRecord {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly data: unknown;
}

/** A server was reached and would or could not answer: SERVFAIL, NOTIMP, REFUSED and the like. */
export class Declined extends Unreachable {}

/** What fits into one datagram on every path without fragments (DNS flag day 2020). */
const datagramBytes = 1_232;
const triesEach = 2;

/** Ask the resolvers in turn, twice, until one answers: by UDP, and by TCP when the answer was cut off (RFC 7766).
 *  @param resolvers `address` or `address:port`; empty: the system's
 *  @throws Unreachable when none does, Declined when one was reached */
export async function query(question: Question, resolvers: readonly string[], timeoutMs: number): Promise<Reply> {
  const servers = resolvers.length > 0 ? resolvers : getServers();
  const tries = Array.from({ length: triesEach }, () => servers).flat();
  return firstOf(question, tries, (server) => askOne(question, server, timeoutMs, RECURSION_DESIRED));
}

/** Ask a zone's own servers in turn, once, until one answers that has the zone.
 *  @param servers `address:port`
 *  @throws Unreachable when none does */
export async function queryZone(question: Question, servers: readonly string[], timeoutMs: number): Promise<Reply> {
  return firstOf(question, servers, (server) => askOne(question, server, timeoutMs, 0));
}

async function firstOf(
  { type }: Question,
  servers: readonly string[],
  ask: (server: Server) => Promise<Reply>,
): Promise<Reply> {
  let why = new Unreachable('there is no server');
  for (const server of servers) {
    try {
      return await ask(serverOf(server));
    } catch (cause) {
      if (!(cause instanceof Unreachable)) throw cause;
      // Of several, what a server said tells more than that another was silent.
      if (cause instanceof Declined || !(why instanceof Declined)) why = cause;
    }
  }
  const words = `no answer from DNS (${type}): ${why.message}`;
  throw why instanceof Declined ? new Declined(words) : new Unreachable(words);
}

interface Server {
  readonly host: string;
  readonly port: number;
}

function serverOf(text: string): Server {
  const [, six, four, port] = /^(?:\[([^\]]+)\]|([^:]+|[0-9a-f:]{3,}))(?::(\d+))?$/i.exec(text) ?? [];
  return { host: six ?? four ?? text, port: Number(port ?? 53) };
}

/** @param flags RECURSION_DESIRED of a resolver; 0 of a server that is to speak of its own zone alone */
async function askOne(question: Question, server: Server, timeoutMs: number, flags: number): Promise<Reply> {
  const first = await byUdp(packetFor(question, flags, true), server, timeoutMs);
  // Servers that do not know EDNS say so (RFC 6891 §7).
  const packet = ['FORMERR', 'NOTIMP'].includes(rcodeOf(first))
    ? await byUdp(packetFor(question, flags, false), server, timeoutMs)
    : first;
  const whole = packet.flag_tc ? await byTcp(packetFor(question, flags, false), server, timeoutMs) : packet;
  const rcode = rcodeOf(whole);
  if (rcode !== 'NOERROR' && rcode !== 'NXDOMAIN') throw new Declined(rcode);
  // One that does not have the zone refers us to others, with an answer that looks like "nothing".
  if (flags === 0 && !whole.flag_aa) throw new Declined('not a server of the zone');
  return {
    exists: rcode === 'NOERROR',
    answers: (whole.answers ?? []) as unknown as ResourceRecord[],
    authorities: (whole.authorities ?? []) as unknown as ResourceRecord[],
  };
}

/** dns-packet reads it, and its types do not know. */
const rcodeOf = (packet: DecodedPacket): string => (packet as { readonly rcode?: string }).rcode ?? 'SERVFAIL';

function packetFor({ name, type }: Question, flags: number, extended: boolean): Packet {
  return {
    type: 'query',
    id: randomInt(65_536),
    flags,
    questions: [{ name, type }],
    additionals: extended ? [edns] : [],
  };
}

const edns: Answer = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: datagramBytes,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
};

/** From an unguessable port, to which only that server may answer. */
function byUdp(packet: Packet, { host, port }: Server, timeoutMs: number): Promise<DecodedPacket> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  return new Promise<DecodedPacket>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Unreachable('timeout'));
    }, timeoutMs);
    const fail = (): void => {
      clearTimeout(timer);
      reject(new Unreachable('the resolver cannot be reached'));
    };
    socket.on('error', fail);
    socket.on('message', (bytes) => {
      const reply = readReply(bytes, packet);
      if (!reply) return;
      clearTimeout(timer);
      resolve(reply);
    });
    socket.connect(port, host, () => {
      socket.send(encode(packet), (cause) => {
        if (cause) fail();
      });
    });
  }).finally(() => {
    socket.close();
  });
}

function byTcp(packet: Packet, { host, port }: Server, timeoutMs: number): Promise<DecodedPacket> {
  const socket = connect({ host, port });
  return new Promise<DecodedPacket>((resolve, reject) => {
    const chunks: Buffer[] = [];
    const fail = (why: string): void => {
      reject(new Unreachable(why));
    };
    const timer = setTimeout(fail, timeoutMs, 'timeout');
    socket.on('close', () => {
      clearTimeout(timer);
      fail('the resolver hung up');
    });
    socket.on('error', () => {
      fail('the resolver cannot be reached by TCP');
    });
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      // A message has at most 64 KB: its length is two bytes.
      if (bytes.length < 2 || bytes.length < 2 + bytes.readUInt16BE(0)) return;
      const reply = readReply(bytes.subarray(2, 2 + bytes.readUInt16BE(0)), packet);
      if (reply) resolve(reply);
      else fail('the resolver answered something else');
    });
    socket.write(streamEncode(packet));
  }).finally(() => {
    socket.destroy();
  });
}

/** The answer to exactly our question, or null: whatever else arrives is somebody's guess. */
function readReply(bytes: Buffer, asked: Packet): DecodedPacket | null {
  try {
    const reply = decode(bytes);
    const [was] = asked.questions ?? [];
    const [is] = reply.questions ?? [];
    const same = was !== undefined && is?.type === was.type && is.name.toLowerCase() === was.name.toLowerCase();
    return reply.type === 'response' && reply.id === asked.id && same ? reply : null;
  } catch {
    return null;
  }
}
