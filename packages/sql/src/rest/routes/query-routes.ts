import type { HttpContext } from '@headwater/http';
import { acceptedType } from '../accept.ts';
import { ApiError, errorCodes } from '../api-error.ts';
import { jsonBody, newerNames, olderNames, type RequestNames, sqlRequest, text } from '../request-body.ts';
import {
  delimitedWriter,
  jsonArrayWriter,
  mediaTypes,
  type ResultWriter,
  streamedRowWriter,
} from '../results/result-writer.ts';
import { sendLines, sendResults } from '../results/send-results.ts';
import { checkIsQuery, isPrint, singleStatement } from '../run-script.ts';
import type { RunningQuery } from '../sql-service.ts';
import type { RouteHost } from './route-host.ts';

const { delimited, v1, json, protobuf } = mediaTypes;

/** `POST /query`: the older form of results unless another is asked for; PRINT too. */
export function handleQuery(ctx: HttpContext, host: RouteHost): Promise<void> {
  const type = acceptedType(ctx, [v1, json, delimited]);
  return run(ctx, host, olderNames, (query) =>
    type === delimited ? delimitedWriter(query) : streamedRowWriter(query, type),
  );
}

/** `POST /query-stream`: a line a row unless another form is asked for. */
export async function handleQueryStream(ctx: HttpContext, host: RouteHost): Promise<void> {
  const type = acceptedType(ctx, [delimited, json, v1, protobuf]);
  if (type === protobuf) {
    // The formats are loaded for those who ask for them: a server that nobody uses is small.
    const { protobufWriter } = await import('../results/protobuf-writer.ts');
    return run(ctx, host, newerNames, protobufWriter);
  }
  return run(ctx, host, newerNames, (query) => newerWriter(type, query));
}

function newerWriter(type: string, query: RunningQuery): ResultWriter {
  switch (type) {
    case json:
      return jsonArrayWriter(query);
    case v1:
      return streamedRowWriter(query);
    default:
      return delimitedWriter(query);
  }
}

async function run(
  ctx: HttpContext,
  host: RouteHost,
  names: RequestNames,
  writerOf: (query: RunningQuery) => ResultWriter,
): Promise<void> {
  const { service, running, logger, commandTimeoutMs } = host;
  const { sql, session, commandSequenceNumber } = sqlRequest(await jsonBody(ctx), names);
  for (const name of session.properties.keys()) service.checkProperty(name);
  if (commandSequenceNumber !== null) await service.waitForCommand(commandSequenceNumber, commandTimeoutMs);
  const again = service.queryAgain?.(sql, session);
  if (again !== undefined) {
    await running.during(again, () => sendResults(ctx, again, writerOf(again), logger));
    return;
  }
  const statement = singleStatement(sql, names.sql);
  checkIsQuery(statement);
  if (isPrint(statement.text)) {
    await sendLines(ctx, await service.print(statement, session, ctx.signal), logger);
    return;
  }
  const query = await service.query(statement, session, ctx.signal);
  await running.during(query, async () => {
    let writer: ResultWriter;
    try {
      writer = writerOf(query);
    } catch (error) {
      query.close();
      throw error;
    }
    await sendResults(ctx, query, writer, logger);
  });
}

/** `POST /close-query`. */
export async function handleCloseQuery(ctx: HttpContext, host: RouteHost): Promise<void> {
  const id = text(await jsonBody(ctx), 'queryId');
  if (id === null) throw new ApiError(errorCodes.badRequest, 'Invalid JSON in request: "queryId" is missing');
  host.running.close(id);
  ctx.send(200);
}
