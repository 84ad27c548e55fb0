import type { LogRecord, RecordData } from '../api/types.ts';
import { formatBytes } from '../format/number.ts';
import { type JsonNode, nodeAt, textOf, tryParseJson } from '../json/parse.ts';

export interface TweetFacts {
  text: string;
  userId: string;
  id: string;
}

/** The fields of a tweet, ids as the text that they are written in; null for any other record. */
export function tweetOf(record: LogRecord): TweetFacts | null {
  const json = record.value?.text;
  if (json === undefined) return null;
  const root = tryParseJson(json);
  return root && tweetFields(json, root);
}

export function tweetFields(json: string, root: JsonNode): TweetFacts | null {
  const field = (name: string): string | undefined => textOf(json, nodeAt(json, root, [name]));
  const text = field('text');
  const id = field('id');
  return text === undefined || id === undefined ? null : { text, id, userId: field('userId') ?? '' };
}

const previewSizeMax = 400;

/** A key or value on one line: text as it is, binary as its size, nothing as what it means. */
export function previewOf(data: RecordData | null, whenNull = 'null'): { text: string; isPlain: boolean } {
  if (data === null) return { text: whenNull, isPlain: false };
  if (data.text !== undefined) {
    if (data.text === '') return { text: 'empty', isPlain: false };
    const text = data.text.length > previewSizeMax ? `${data.text.slice(0, previewSizeMax)}…` : data.text;
    return { text: text.replace(/\s+/g, ' '), isPlain: true };
  }
  return { text: `binary, ${formatBytes(data.sizeBytes)}`, isPlain: false };
}
