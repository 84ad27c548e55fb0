import type { HttpContext } from '@headwater/http';
import { type JsonValue, parseJson } from '@headwater/serdes';
import { acceptedType } from '../accept.ts';
import { ApiError, errorCodes } from '../api-error.ts';
import { jsonBody, olderNames, sqlRequest } from '../request-body.ts';
import { mediaTypes } from '../results/result-writer.ts';
import { runScript } from '../run-script.ts';
import { answerJson, type RouteHost } from './route-host.ts';

/** `POST /ksql`: statements that give no rows → their entities. */
export async function handleKsql(ctx: HttpContext, host: RouteHost): Promise<void> {
  acceptedType(ctx, [mediaTypes.json, mediaTypes.v1]);
  const { sql, session, commandSequenceNumber } = sqlRequest(await jsonBody(ctx), olderNames);
  for (const name of session.properties.keys()) host.service.checkProperty(name);
  if (commandSequenceNumber !== null) await host.service.waitForCommand(commandSequenceNumber, host.commandTimeoutMs);
  answerJson(ctx, await runScript(host.service, sql, session, ctx.signal));
}

/** `POST /ksql/terminate`: ends the whole service. */
export async function handleTerminate(ctx: HttpContext, host: RouteHost): Promise<void> {
  const body = (await ctx.body()).toString('utf8').trim();
  const patterns = body === '' ? [] : deleteTopicList(body);
  answerJson(ctx, await host.service.terminate(patterns));
}

function deleteTopicList(body: string): string[] {
  let value: JsonValue;
  try {
    value = parseJson(body);
  } catch (cause) {
    throw new ApiError(errorCodes.badRequest, `Invalid JSON in request: ${(cause as Error).message}`, { cause });
  }
  const list = value instanceof Map ? (value.get('deleteTopicList') ?? []) : null;
  if (Array.isArray(list) && list.every((each) => typeof each === 'string')) return list as string[];
  throw new ApiError(errorCodes.badRequest, 'Invalid JSON in request: "deleteTopicList" must be an array of strings');
}
