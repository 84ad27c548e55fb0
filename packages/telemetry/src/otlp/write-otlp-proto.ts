/** ExportTraceServiceResponse: empty when all is well, else how many spans were left out and why. */
export function partialSuccessBytes(rejected: number, reason: string): Buffer {
  if (rejected === 0) return Buffer.alloc(0);
  return field(1, Buffer.concat([Buffer.of(0x08), varint(rejected), field(2, Buffer.from(reason))]));
}

/** google.rpc.Status */
export function errorBytes(code: number, message: string): Buffer {
  return Buffer.concat([Buffer.of(0x08), varint(code), field(2, Buffer.from(message))]);
}

function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(number * 8 + 2), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) | 0x80);
  bytes.push(left);
  return Buffer.from(bytes);
}
