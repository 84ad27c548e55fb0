import { BrokerError } from '../broker-error.ts';

/*
 * The part of the tar format (POSIX ustar with pax headers) that a snapshot needs: regular files. Any tar program reads it.
 *
 * header block (512 bytes) => name[100] mode[8] uid[8] gid[8] size[12] mtime[12] checksum[8] typeflag[1] linkname[100] "ustar\0" "00" …
 */
export const tarBlockBytes = 512;
/** An octal field of eleven digits ends there; a name field after its bytes. */
const sizeMax = 0o77777777777;
const nameBytesMax = 100;

export interface TarEntry {
  path: string;
  sizeBytes: number;
}

export function tarHeader({ path, sizeBytes }: TarEntry, atMs: number): Buffer {
  const fields: [string, string | number][] = [];
  if (Buffer.byteLength(path) > nameBytesMax) fields.push(['path', path]);
  if (sizeBytes > sizeMax) fields.push(['size', sizeBytes]);
  const own = block(path, Math.min(sizeBytes, sizeMax), atMs, '0');
  if (fields.length === 0) return own;
  const pax = Buffer.from(fields.map(([name, value]) => paxRecord(name, String(value))).join(''));
  return Buffer.concat([block('pax', pax.length, atMs, 'x'), pax, tarPadding(pax.length), own]);
}

/** What fills the last block of a file. */
export function tarPadding(sizeBytes: number): Buffer {
  return Buffer.alloc((tarBlockBytes - (sizeBytes % tarBlockBytes)) % tarBlockBytes);
}

/** What comes after the last file. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * tarBlockBytes);
}

function block(path: string, sizeBytes: number, atMs: number, type: string): Buffer {
  const header = Buffer.alloc(tarBlockBytes);
  header.write(Buffer.from(path).toString('latin1', 0, nameBytesMax), 0, 'latin1');
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${sizeBytes.toString(8).padStart(11, '0')}\0`, 124);
  header.write(
    `${Math.floor(atMs / 1_000)
      .toString(8)
      .padStart(11, '0')}\0`,
    136,
  );
  header.write(type, 156);
  header.write('ustar\0', 257);
  header.write('00', 263);
  header.write(`${checksum(header).toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

function checksum(header: Buffer): number {
  let sum = 0;
  // Its own field counts as blanks.
  for (let at = 0; at < tarBlockBytes; at++) sum += at >= 148 && at < 156 ? 32 : header[at]!;
  return sum;
}

/** `LENGTH name=value\n`, where the length counts itself. */
function paxRecord(name: string, value: string): string {
  const rest = ` ${name}=${value}\n`;
  let length = Buffer.byteLength(rest) + 1;
  while (String(length).length + Buffer.byteLength(rest) !== length) length++;
  return `${length}${rest}`;
}

/** Where the bytes of a tar file come from. */
export interface TarSource {
  /** Exactly so many bytes, in one piece; fewer at the end. */
  take(sizeBytes: number): Promise<Buffer>;
}

/** The next file's header; null at the end. @throws BrokerError HW_BROKER_SNAPSHOT */
export async function readTarHeader(source: TarSource): Promise<TarEntry | null> {
  let pax = new Map<string, string>();
  for (;;) {
    const header = await source.take(tarBlockBytes);
    if (header.length < tarBlockBytes) throw damaged('it ends in the middle of a file');
    if (header.every((byte) => byte === 0)) return null;
    if (Number.parseInt(text(header, 148, 8), 8) !== checksum(header)) throw damaged('a header has the wrong checksum');
    const sizeBytes = Number.parseInt(text(header, 124, 12), 8);
    const type = String.fromCharCode(header[156]!);
    if (type === 'x') {
      if (!(sizeBytes >= 0 && sizeBytes <= 64 * 1024)) throw damaged('an extended header is too large');
      pax = paxFields(await source.take(sizeBytes));
      await source.take(tarPadding(sizeBytes).length);
      continue;
    }
    if (type !== '0') throw damaged(`an entry is of type ${JSON.stringify(type)}, only files are expected`);
    return { path: pax.get('path') ?? text(header, 0, nameBytesMax), sizeBytes: Number(pax.get('size') ?? sizeBytes) };
  }
}

function text(header: Buffer, at: number, sizeBytes: number): string {
  const field = header.subarray(at, at + sizeBytes);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? sizeBytes : end);
}

function paxFields(content: Buffer): Map<string, string> {
  const fields = new Map<string, string>();
  for (let at = 0; at < content.length; ) {
    const blank = content.indexOf(32, at);
    const length = Number(content.toString('utf8', at, blank));
    if (blank < 0 || !(length > 0)) throw damaged('an extended header makes no sense');
    const record = content.toString('utf8', blank + 1, at + length - 1);
    const equals = record.indexOf('=');
    fields.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return fields;
}

export function damaged(what: string): BrokerError {
  return new BrokerError(
    'HW_BROKER_SNAPSHOT',
    `The snapshot cannot be read: ${what}. Take it again, or use another copy of it.`,
  );
}
