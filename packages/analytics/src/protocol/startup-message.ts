import { readText } from './read-messages.ts';

/** What a connection begins with: its protocol's parameters, or one of the requests that have a number of their own. */
export type Startup =
  | { kind: 'startup'; parameters: ReadonlyMap<string, string>; minorVersion: number }
  | { kind: 'ssl' }
  | { kind: 'gss' }
  | { kind: 'cancel'; id: number; secret: number };

const protocolVersion = 3;
const requestNumber = 1234;
/** As in PostgreSQL: MAX_STARTUP_PACKET_LENGTH. */
const startupBytesMax = 10_000;

/**
 * Reads the first message, which has no type byte.
 *
 * @returns null: it is not whole yet
 * @throws RangeError for what is not this protocol
 */
export function readStartup(bytes: Buffer): { startup: Startup; length: number } | null {
  if (bytes.length < 4) return null;
  const length = bytes.readInt32BE(0);
  if (length < 8 || length > startupBytesMax) throw new RangeError('invalid length of startup packet');
  if (bytes.length < length) return null;
  const [major, minor] = [bytes.readUInt16BE(4), bytes.readUInt16BE(6)];
  if (major === requestNumber) {
    if (minor === 5679) return { startup: { kind: 'ssl' }, length };
    if (minor === 5680) return { startup: { kind: 'gss' }, length };
    if (minor === 5678 && length >= 16) {
      return { startup: { kind: 'cancel', id: bytes.readInt32BE(8), secret: bytes.readInt32BE(12) }, length };
    }
  }
  if (major !== protocolVersion) {
    throw new RangeError(`unsupported frontend protocol ${major}.${minor}: server supports 3.0`);
  }
  const parameters = new Map<string, string>();
  let offset = 8;
  const end = bytes.subarray(0, length);
  while (offset < length && end[offset] !== 0) {
    const [name, next] = readText(end, offset);
    const [value, after] = readText(end, next);
    parameters.set(name, value);
    offset = after;
  }
  return { startup: { kind: 'startup', parameters, minorVersion: minor }, length };
}

/** The settings in the parameter `options`: `-c name=value` and `--name=value`, with backslashes before spaces that count. */
export function optionSettings(options: string): [name: string, value: string][] {
  const words = (options.match(/(?:\\.|\S)+/gs) ?? []).map((word) => word.replace(/\\(.)/gs, '$1'));
  const found: [string, string][] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const setting =
      word === '-c' ? words[++i] : word.startsWith('-c') || word.startsWith('--') ? word.slice(2) : undefined;
    const [, name, value] = /^([\w.-]+)=(.*)$/s.exec(setting ?? '') ?? [];
    if (name === undefined) throw new RangeError(`invalid command-line argument for server process: ${word}`);
    found.push([name.replaceAll('-', '_'), value!]);
  }
  return found;
}
