import { crc32c } from '@headwater/protocol';

/**
 * Small state as text lines that a person can read and a crash cannot fake: `CRC32C(hex) JSON`. The JSON holds arrays only, no
 * objects: their keys would pass through a JSON.parse of Node 24 that can give back wrong ones (docs/storage.md).
 */
export function encodeLine(value: readonly unknown[]): string {
  const json = JSON.stringify(value);
  return `${checksum(json)} ${json}\n`;
}

/** Undefined when the line is not what `encodeLine` wrote. */
export function decodeLine(line: string): unknown[] | undefined {
  const json = line.slice(9);
  if (line[8] !== ' ' || line.slice(0, 8) !== checksum(json)) return undefined;
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function checksum(json: string): string {
  return crc32c(Buffer.from(json)).toString(16).padStart(8, '0');
}
