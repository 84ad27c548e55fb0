import { decodeTweet, type Tweet } from '../common/tweet.ts';
import { LineCutter } from './cut-lines.ts';

/** A line of the source: a tweet, or why it is none. */
export type Line = { number: number; tweet: Tweet } | { number: number; mistake: string };

const lineBytesMax = 256 * 1024;

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

async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer | undefined> {
  const cutter = new LineCutter(lineBytesMax);
  for await (const chunk of chunks) yield* cutter.push(chunk);
  yield* cutter.end();
}
