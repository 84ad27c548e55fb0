/** The little of ASN.1 DER (X.690) that certificates and PKCS #12 files need. Pure: bytes in, values out. */
export interface DerNode {
  /** The identifier byte: class, constructed bit and number. */
  tag: number;
  /** The content, a view. */
  content: Buffer;
  /** Identifier, length and content, a view. */
  bytes: Buffer;
}

export const derTag = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Reads the value at `offset`. Indefinite lengths (BER) are refused. @throws RangeError */
export function readDer(bytes: Buffer, offset = 0): DerNode {
  if (offset + 2 > bytes.length) throw new RangeError('DER: a value is cut off');
  const tag = bytes[offset]!;
  if ((tag & 0x1f) === 0x1f) throw new RangeError('DER: tags above 30 are not read');
  let length = bytes[offset + 1]!;
  let start = offset + 2;
  if (length >= 0x80) {
    const size = length & 0x7f;
    if (size === 0 || size > 4) throw new RangeError('DER: a length is indefinite or too large');
    if (start + size > bytes.length) throw new RangeError('DER: a length is cut off');
    length = bytes.readUIntBE(start, size);
    start += size;
  }
  if (start + length > bytes.length) throw new RangeError('DER: a value is cut off');
  return { tag, content: bytes.subarray(start, start + length), bytes: bytes.subarray(offset, start + length) };
}

/** The values inside a constructed one. @throws RangeError */
export function derChildren({ content }: DerNode): DerNode[] {
  const children: DerNode[] = [];
  for (let offset = 0; offset < content.length; ) {
    const child = readDer(content, offset);
    children.push(child);
    offset += child.bytes.length;
  }
  return children;
}

/** `1.2.840.113549` @throws RangeError */
export function readOid({ tag, content }: DerNode): string {
  if (tag !== derTag.oid || content.length === 0) throw new RangeError('DER: an object identifier was expected');
  const parts: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    if (parts.length === 0) {
      const first = Math.min(2, Math.floor(value / 40));
      parts.push(first, value - first * 40);
    } else parts.push(value);
    value = 0;
  }
  return parts.join('.');
}

/** @throws RangeError when it is not a number that fits 6 bytes */
export function readInteger({ tag, content }: DerNode): number {
  if (tag !== derTag.integer || content.length === 0 || content.length > 6) {
    throw new RangeError('DER: a small number was expected');
  }
  return content.readIntBE(0, content.length);
}

export function der(tag: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(body.length);
  const length = size.subarray(size.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
}

export function derSequence(...content: Uint8Array[]): Buffer {
  return der(derTag.sequence, ...content);
}

/** An unsigned number given by its bytes. */
export function derUnsigned(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const body = bytes.subarray(start);
  return der(derTag.integer, ...(body[0]! & 0x80 ? [Buffer.of(0), body] : [body]));
}

export function derOid(oid: string): Buffer {
  const [first = 0, second = 0, ...rest] = oid.split('.').map(Number);
  const bytes: number[] = [];
  for (const part of [first * 40 + second, ...rest]) {
    const septets = [part % 128];
    for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128))
      septets.unshift((left % 128) | 0x80);
    bytes.push(...septets);
  }
  return der(derTag.oid, Buffer.from(bytes));
}
