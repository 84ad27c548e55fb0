/**
 * Topics in a ConsumerProtocolSubscription; null when the bytes are not one (other protocols use the same field for their own).
 *
 *     Subscription (version 0+) => version [topics] user_data …
 *       version => INT16,  topics => ARRAY of STRING
 *
 * Later versions only append fields.
 */
export function subscribedTopics(bytes: Buffer): string[] | null {
  if (bytes.length < 6) return null;
  return readStrings(bytes, 2)?.strings ?? null;
}

function readStrings(bytes: Buffer, start: number): { strings: string[]; end: number } | null {
  const count = bytes.readInt32BE(start);
  let offset = start + 4;
  if (count < 0 || count > (bytes.length - offset) / 2) return null;
  const strings: string[] = [];
  for (let index = 0; index < count; index++) {
    if (offset + 2 > bytes.length) return null;
    const sizeBytes = bytes.readInt16BE(offset);
    offset += 2;
    if (sizeBytes < 0 || offset + sizeBytes > bytes.length) return null;
    strings.push(bytes.toString('utf8', offset, offset + sizeBytes));
    offset += sizeBytes;
  }
  return { strings, end: offset };
}
