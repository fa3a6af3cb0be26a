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
interface Question {
  readonly name: string;
  readonly type: RecordType;
}

export interface Reply {
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

/** What fits into one datagram on every path without fragments (DNS flag day 2020). */
const datagramBytes = 1_232;
const triesEach = 2;

/** Ask the resolvers in turn, twice, until one answers: by UDP, and by TCP when the answer was cut off (RFC 7766).
 *  @param resolvers `address` or `address:port`; empty: the system's
 *  @throws Unreachable when none does */
export async function query(question: Question, resolvers: readonly string[], timeoutMs: number): Promise<Reply> {
  const servers = (resolvers.length > 0 ? resolvers : getServers()).map(serverOf);
  let why = 'there is no resolver';
  for (const server of Array.from({ length: triesEach }, () => servers).flat()) {
    try {
      return await askOne(question, server, timeoutMs);
    } catch (cause) {
      if (!(cause instanceof Unreachable)) throw cause;
      why = cause.message;
    }
  }
  throw new Unreachable(`no answer from DNS (${question.type}): ${why}`);
}

interface Server {
  readonly host: string;
  readonly port: number;
}

function serverOf(text: string): Server {
  const [, six, four, port] = /^(?:\[([^\]]+)\]|([^:]+|[0-9a-f:]{3,}))(?::(\d+))?$/i.exec(text) ?? [];
  return { host: six ?? four ?? text, port: Number(port ?? 53) };
}

async function askOne(question: Question, server: Server, timeoutMs: number): Promise<Reply> {
  const first = await byUdp(packetFor(question, true), server, timeoutMs);
  // Servers that do not know EDNS say so (RFC 6891 §7).
  const packet = ['FORMERR', 'NOTIMP'].includes(rcodeOf(first))
    ? await byUdp(packetFor(question, false), server, timeoutMs)
    : first;
  const whole = packet.flag_tc ? await byTcp(packetFor(question, false), server, timeoutMs) : packet;
  const rcode = rcodeOf(whole);
  if (rcode !== 'NOERROR' && rcode !== 'NXDOMAIN') throw new Unreachable(rcode);
  return {
    answers: (whole.answers ?? []) as unknown as ResourceRecord[],
    authorities: (whole.authorities ?? []) as unknown as ResourceRecord[],
  };
}

/** dns-packet reads it, and its types do not know. */
const rcodeOf = (packet: DecodedPacket): string => (packet as { readonly rcode?: string }).rcode ?? 'SERVFAIL';

function packetFor({ name, type }: Question, extended: boolean): Packet {
  return {
    type: 'query',
    id: randomInt(65_536),
    flags: RECURSION_DESIRED,
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
