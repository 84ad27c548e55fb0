import { SqlClientError } from './sql-client-error.ts';

/** Longest line of an answer, in bytes. */
const lineBytesMax = 32 * 1024 * 1024;

/** The lines of each chunk as they come; empty ones are left out. Nothing is read while nobody asks. */
export async function* answerLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<readonly string[]> {
  let begun: Buffer[] = [];
  let begunBytes = 0;
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(10);
    if (end === -1) {
      begun.push(chunk);
      begunBytes += chunk.length;
      if (begunBytes > lineBytesMax) {
        throw new SqlClientError('HW_SQL_CLIENT_ANSWER', `a line of the answer has more than ${lineBytesMax} bytes`);
      }
      continue;
    }
    const whole = Buffer.concat([...begun, chunk.subarray(0, end)]).toString('utf8');
    const rest = chunk.subarray(end + 1);
    begun = rest.length === 0 ? [] : [rest];
    begunBytes = rest.length;
    const lines = whole.split('\n').filter((line) => line.trim() !== '');
    if (lines.length > 0) yield lines;
  }
  const last = Buffer.concat(begun).toString('utf8').trim();
  if (last !== '') yield [last];
}
