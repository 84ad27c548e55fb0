import type { KafkaClient } from '@headwater/client';
import { statementError } from '../analyzer/statement-error.ts';
import type { PrintTopic } from '../syntax/ast/index.ts';
import { FormatGuess } from './guess-format.ts';

/** Lines of PRINT: records as they come, keys and values in the first format that fits all of them so far. */
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
    const keys = new FormatGuess('key');
    const values = new FormatGuess('value');
    let formats: readonly string[] = [];
    try {
      if (limit !== null && limit <= 0) return;
      for await (const batch of tail) {
        for (const { key, timestamp, value } of batch.records()) {
          if (seen++ % (interval ?? 1) !== 0) continue;
          const time = timestamp < 0 ? 'N/A' : new Date(timestamp).toISOString().replace('T', ' ').replaceAll('-', '/');
          const line = `rowtime: ${time.replace('Z', ' Z')}, key: ${keys.read(key)}, value: ${values.read(value)}, partition: ${batch.partition}`;
          const now = [`Key format: ${keys.text}`, `Value format: ${values.text}`];
          // Told at the beginning, and when there are fewer that it can be.
          for (const [at, told] of now.entries()) if (told !== formats[at]) yield told;
          formats = now;
          yield line;
          if (++printed === limit) return;
        }
      }
    } finally {
      await tail.close();
    }
  }
}
