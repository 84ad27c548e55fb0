import { hash } from 'node:crypto';

const namespace = Buffer.from('5c1c7f4e9b0a5d6f8a3e2d7b4c90e1f2', 'hex');

/**
 * The id of the row of a record: UUID version 5 (RFC 9562) of `<topic>:<partition>:<offset>` in a namespace of our own. The same record has the same
 * id always, so that a repeat is found, and a row's record.
 *
 * @example
 * rowIdOf('twitter-analytics-topic', 0, 17);
 */
export function rowIdOf(topic: string, partition: number, offset: number): string {
  const name = Buffer.from(`${topic}:${partition}:${offset}`);
  const bytes = hash('sha1', Buffer.concat([namespace, name]), 'buffer');
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
