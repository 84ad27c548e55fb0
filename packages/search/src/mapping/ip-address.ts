import { isIPv4, isIPv6 } from 'node:net';
import { illegalArgument } from '../errors.ts';

/** An address as 16 bytes, IPv4 mapped into IPv6, in text of one character a byte: the order of terms is that of addresses. */
export function encodeIp(text: string): string {
  const bytes = parseIp(text);
  if (bytes === undefined) throw illegalArgument(`'${text}' is not an IP string literal.`);
  return String.fromCharCode(...bytes);
}

export function parseIp(text: string): number[] | undefined {
  if (isIPv4(text)) return [...mapped, ...text.split('.').map(Number)];
  if (!isIPv6(text) || text.includes('%')) return undefined;
  let source = text;
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (dotted !== null) {
    const [a, b, c, d] = dotted.slice(1).map(Number) as [number, number, number, number];
    source = `${text.slice(0, dotted.index)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const [head, tail] = source.split('::') as [string, string | undefined];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...left, ...new Array(tail === undefined ? 0 : 8 - left.length - right.length).fill('0'), ...right];
  return groups.flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >>> 8, value & 0xff];
  });
}

const mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

export function decodeIp(bytes: Uint8Array): string {
  if (mapped.every((byte, i) => bytes[i] === byte)) return [...bytes.subarray(12, 16)].join('.');
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((bytes[i]! << 8) | bytes[i + 1]!);
  // The longest run of zero groups becomes `::`.
  let best = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; ) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > bestLength) {
      best = i;
      bestLength = end - i;
    }
    i = Math.max(end, i + 1);
  }
  const hex = groups.map((group) => group.toString(16));
  if (best < 0) return hex.join(':');
  return `${hex.slice(0, best).join(':')}::${hex.slice(best + bestLength).join(':')}`;
}

/** The first and last address of `10.0.0.0/8`. */
export function cidrRange(text: string): [Buffer, Buffer] {
  const [address, lengthText] = text.split('/') as [string, string];
  const bytes = parseIp(address);
  const isV4 = isIPv4(address);
  const length = Number(lengthText);
  if (bytes === undefined || !/^\d+$/.test(lengthText) || length > (isV4 ? 32 : 128)) {
    throw illegalArgument(
      `illegal prefix length or address in [${text}]. Must be an address, a slash and 0-32 for IPv4 or 0-128 for IPv6`,
    );
  }
  const bits = isV4 ? length + 96 : length;
  const lower = Buffer.from(bytes);
  const upper = Buffer.from(bytes);
  for (let bit = bits; bit < 128; bit++) {
    lower[bit >>> 3]! &= ~(0x80 >>> (bit & 7));
    upper[bit >>> 3]! |= 0x80 >>> (bit & 7);
  }
  return [lower, upper];
}
