import type { KafkaClient } from '@headwater/client';
import { ErrorCode, type RecordHeader } from '@headwater/protocol';
import { StreamsError } from '../streams-error.ts';

const stackCharactersMax = 4_000;

/** The record's own headers, the cause under the names of KIP-1034, and what else is to be said. */
export function deadLetterHeaders(
  headers: readonly RecordHeader[],
  error: StreamsError,
  more: Readonly<Record<string, string>> = {},
): RecordHeader[] {
  const { place } = error;
  const cause = error.cause instanceof Error ? error.cause : error;
  return [
    ...headers.map(({ key, value }) => ({ key, value: value === null ? null : Buffer.from(value) })),
    header('__streams.errors.exception', cause.name),
    header('__streams.errors.message', cause.message),
    header('__streams.errors.stacktrace', (cause.stack ?? '').slice(0, stackCharactersMax)),
    ...(place === undefined
      ? []
      : [
          header('__streams.errors.topic', place.topic),
          header('__streams.errors.partition', String(place.partition)),
          header('__streams.errors.offset', String(place.offset)),
        ]),
    ...Object.entries(more).map(([key, text]) => header(key, text)),
  ];
}

/** Makes the topics of dead letters that are not there yet, with the cluster's number of partitions. */
export async function ensureDeadLetterTopics(
  client: KafkaClient,
  names: readonly (string | null)[],
  known: Map<string, number>,
  replicationFactor: number,
): Promise<void> {
  const missing = [...new Set(names)].filter((name) => name !== null && !known.has(name)) as string[];
  if (missing.length === 0) return;
  for (const { error, name } of await client.createTopics(missing.map((name) => ({ name, replicationFactor })))) {
    // Another instance was quicker.
    if (error === null || error.kafkaCode === ErrorCode.TOPIC_ALREADY_EXISTS) continue;
    const message = `The topic of dead letters, ${name}, could not be made: ${error.message}`;
    throw new StreamsError('HW_STREAMS_PRODUCTION', message, { cause: error });
  }
  const { topics } = await client.metadata(missing);
  for (const { errorCode, name, partitions } of topics) if (errorCode === 0) known.set(name, partitions.length);
}

function header(key: string, text: string): RecordHeader {
  return { key, value: Buffer.from(text) };
}
