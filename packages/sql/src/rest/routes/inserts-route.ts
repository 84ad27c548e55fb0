import type { HttpContext } from '@headwater/http';
import type { JsonObject, JsonValue } from '@headwater/serdes';
import { acceptedType } from '../accept.ts';
import { ApiError, apiErrorOf, errorCodes } from '../api-error.ts';
import { jsonObject, settings, text } from '../request-body.ts';
import { mediaTypes } from '../results/result-writer.ts';
import { write } from '../results/send-results.ts';
import type { RowInserter } from '../sql-service.ts';
import type { RouteHost } from './route-host.ts';

/** Longest line of `/inserts-stream`. */
const lineBytesMax = 1024 * 1024;
/** Rows that are under way at once. */
const windowRows = 200;

/** `POST /inserts-stream`: a line that names the target, then a line a row; each is answered in its order, while others still come. */
export async function handleInserts(ctx: HttpContext, host: RouteHost): Promise<void> {
  const type = acceptedType(ctx, [mediaTypes.delimited, mediaTypes.json]);
  const lines = linesOf(ctx.req)[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done) throw new ApiError(errorCodes.badRequest, 'Invalid JSON in request: the first line names the target');
  const args = jsonObject(first.value);
  const target = text(args, 'target');
  if (target === null) throw new ApiError(errorCodes.badRequest, 'Invalid JSON in request: "target" is missing');
  const inserter = await host.service.openInserts(identifierOf(target), settings(args, 'properties'));
  try {
    ctx.res.writeHead(200, { 'content-type': type });
    ctx.res.flushHeaders();
    await insertAll(ctx, lines, inserter, type === mediaTypes.json);
  } finally {
    await inserter.close();
  }
}

async function insertAll(
  ctx: HttpContext,
  lines: AsyncIterator<string>,
  inserter: RowInserter,
  isArray: boolean,
): Promise<void> {
  const answers: Promise<string>[] = [];
  let sequence = 0;
  let sent = 0;
  const send = async () => {
    const answer = await answers.shift()!;
    const head = isArray ? (sent === 0 ? '[' : ',\n') : '';
    await write(ctx, `${head}${answer}${isArray ? '' : '\n'}`);
    sent++;
  };
  for (let line = await lines.next(); !line.done && !ctx.signal.aborted; line = await lines.next()) {
    if (line.value.trim() === '') continue;
    const seq = sequence++;
    let row: JsonObject;
    try {
      row = jsonObject(line.value);
    } catch {
      // What comes behind it cannot be trusted: rows before it are answered, and the stream ends.
      answers.push(Promise.resolve(failure(seq, errorCodes.badRequest, 'Invalid JSON in inserts stream')));
      break;
    }
    answers.push(
      inserter.insert(namedColumns(row)).then(
        () => JSON.stringify({ status: 'ok', seq }),
        (thrown) => {
          const { errorCode, message } = apiErrorOf(thrown);
          return failure(seq, errorCode, message);
        },
      ),
    );
    if (answers.length >= windowRows) await send();
  }
  while (answers.length > 0 && !ctx.signal.aborted) await send();
  await Promise.allSettled(answers);
  ctx.res.end(isArray ? (sent === 0 ? '[]' : ']') : '');
}

function failure(seq: number, errorCode: number, message: string): string {
  return JSON.stringify({ status: 'error', seq, error_code: errorCode, message });
}

/** Names as in statements: upper case unless they are quoted. */
function namedColumns(row: JsonObject): Map<string, JsonValue> {
  return new Map([...row].map(([name, value]) => [identifierOf(name), value]));
}

function identifierOf(name: string): string {
  const quote = name[0];
  const isQuoted = name.length > 1 && (quote === '`' || quote === '"') && name.at(-1) === quote;
  return isQuoted ? name.slice(1, -1).replaceAll(quote + quote, quote) : name.toUpperCase();
}

/** Lines of a body as they come, the last one with or without its end. @throws ApiError 413 for one that is too long */
async function* linesOf(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let begun: Buffer[] = [];
  let begunBytes = 0;
  for await (const chunk of body) {
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      const rest = chunk.subarray(from, end);
      yield (begun.length === 0 ? rest : Buffer.concat([...begun, rest])).toString('utf8');
      begun = [];
      begunBytes = 0;
      from = end + 1;
    }
    begun.push(chunk.subarray(from));
    begunBytes += chunk.length - from;
    if (begunBytes > lineBytesMax)
      throw new ApiError(errorCodes.payloadTooLarge, `A line of /inserts-stream has more than ${lineBytesMax} bytes`);
  }
  if (begunBytes > 0) yield Buffer.concat(begun).toString('utf8');
}
