import type { KafkaClient } from '@headwater/client';
import { statementError } from '../analyzer/statement-error.ts';
import type { PrintTopic } from '../syntax/ast/index.ts';

/** Lines of PRINT: records as they come, keys and values as text where they are text. */
export async function printTopic(
  { interval, isFromBeginning, limit, topic }: PrintTopic,
  client: KafkaClient,
  signal: AbortSignal,
): Promise<AsyncIterable<string>> {
  const { topics } = await client.metadata([topic], { signal });
  if (topics[0]?.errorCode !== 0) {
    throw statementError(
      `Could not find topic '${topic}', or the KSQL user does not have permissions to list the topic.`,
    );
  }
  const tail = client.tail({
    topics: [topic],
    from: isFromBeginning ? 'earliest' : 'latest',
    isolation: 'read_committed',
    maxWaitMs: 100,
  });
  signal.addEventListener('abort', () => void tail.close(), { once: true });
  if (signal.aborted) await tail.close();
  else await tail.start();
  return lines();

  async function* lines(): AsyncIterableIterator<string> {
    let seen = 0;
    let printed = 0;
    try {
      if (limit !== null && limit <= 0) return;
      for await (const batch of tail) {
        for (const { key, timestamp, value } of batch.records()) {
          if (seen++ % (interval ?? 1) !== 0) continue;
          const time = new Date(timestamp).toISOString().replace('T', ' ').replaceAll('-', '/');
          yield `rowtime: ${time}, key: ${bytesText(key)}, value: ${bytesText(value)}, partition: ${batch.partition}`;
          if (++printed === limit) return;
        }
      }
    } finally {
      await tail.close();
    }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Text as it is, numbers of Kafka's own formats as numbers, other bytes in hexadecimal. */
function bytesText(data: Buffer | null): string {
  if (data === null) return '<null>';
  try {
    const text = utf8.decode(data);
    if (!/[\u0000-\u0008\u000e-\u001f]/.test(text)) return text;
  } catch {
    // No text.
  }
  if (data.length === 4) return String(data.readInt32BE());
  if (data.length === 8) return String(data.readBigInt64BE());
  return `0x${data.toString('hex').toUpperCase()}`;
}
