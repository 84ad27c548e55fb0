import type { RecordHeader } from '@headwater/protocol';
import type { StreamsError } from '../streams-error.ts';

const stackCharactersMax = 4_000;

/** The record's own headers and the cause, under the names of KIP-1034. */
export function deadLetterHeaders(headers: readonly RecordHeader[], error: StreamsError): RecordHeader[] {
  const { place } = error;
  const cause = error.cause instanceof Error ? error.cause : error;
  return [
    ...headers.map(({ key, value }) => ({ key, value: value === null ? null : Buffer.from(value) })),
    header('__streams.errors.exception', `${error.code} ${cause.name}`),
    header('__streams.errors.message', error.message),
    header('__streams.errors.stacktrace', (cause.stack ?? '').slice(0, stackCharactersMax)),
    ...(place === undefined
      ? []
      : [
          header('__streams.errors.topic', place.topic),
          header('__streams.errors.partition', String(place.partition)),
          header('__streams.errors.offset', String(place.offset)),
        ]),
  ];
}

function header(key: string, text: string): RecordHeader {
  return { key, value: Buffer.from(text) };
}
