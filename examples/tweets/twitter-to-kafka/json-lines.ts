import { decodeTweet, type Tweet } from '../common/tweet.ts';

/** A line of the source: a tweet, or why it is none. */
export type Line = { number: number; tweet: Tweet } | { number: number; mistake: string };

const lineBytesMax = 256 * 1024;
const newline = 0x0a;

/** Reads tweets as JSON lines. Lines that are no tweets are given with their number, empty ones are passed over. */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let number = 0;
  for await (const line of splitLines(chunks)) {
    number += 1;
    if (line === undefined) {
      yield { number, mistake: `longer than ${lineBytesMax} bytes` };
      continue;
    }
    const json = line.toString('utf8').trim();
    if (json === '') continue;
    try {
      yield { number, tweet: decodeTweet(number === 1 ? json.replace(/^\uFEFF/, '') : json) };
    } catch (error) {
      yield { number, mistake: (error as Error).message };
    }
  }
}

/** Cuts bytes at newlines; undefined stands for a line that was too long to keep. */
async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer | undefined> {
  let pieces: Buffer[] = [];
  let sizeBytes = 0;
  const take = (): Buffer | undefined => {
    const line = sizeBytes > lineBytesMax ? undefined : Buffer.concat(pieces);
    pieces = [];
    sizeBytes = 0;
    return line;
  };
  const add = (piece: Buffer): void => {
    sizeBytes += piece.length;
    if (sizeBytes > lineBytesMax) pieces = [];
    else pieces.push(piece);
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      add(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    if (start < chunk.length) add(chunk.subarray(start));
  }
  if (sizeBytes > 0) yield take();
}
