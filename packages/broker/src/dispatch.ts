import {
  type ApiKey,
  apis,
  decodeRequest,
  decodeRequestHeader,
  ErrorCode,
  encodeResponse,
  type RequestOf,
} from '@headwater/protocol';
import { BrokerError } from './broker-error.ts';
import type { BrokerContext } from './context.ts';
import type { Call } from './faults/request-fault.ts';
import { type RequestSubjects, subjectsOf } from './faults/request-subjects.ts';
import { apiKeys } from './handlers/18-api-versions.ts';
import type { Handler } from './handlers/handler.ts';
import { handlers } from './handlers/index.ts';
import type { Connection } from './network/connection.ts';
import { Request } from './network/request.ts';

const handlerByKey: (Handler | undefined)[] = [];
for (const handler of handlers) handlerByKey[handler.apiKey] = handler;

const apiVersionsKey = 18;
const produceKey = 0;

/**
 * From a frame to the handler of its API. What cannot be understood throws, and the connection is closed: a client cannot be answered
 * in a layout that is not known.
 *
 * @throws BrokerError HW_BROKER_UNSUPPORTED_REQUEST, ProtocolError
 */
export function dispatch(context: BrokerContext, connection: Connection, frame: Buffer): void {
  if (connection.gate === null || connection.gate.admits(frame)) serve(context, connection, frame);
}

/** As `dispatch`, for connections that may. */
export function serve(context: BrokerContext, connection: Connection, frame: Buffer): void {
  const { apiKey, apiVersion, correlationId, clientId, bodyOffset } = decodeRequestHeader(frame);
  connection.lastClientId = clientId;
  const handler = handlerByKey[apiKey];
  if (handler === undefined) throw unsupported(`API ${describeApi(apiKey)} is not served`);
  if (apiKey !== produceKey && frame.length > context.config.number('headwater.admin.request.max.bytes')) {
    throw new BrokerError(
      'HW_BROKER_FRAME',
      `A ${describeApi(apiKey)} request of ${frame.length} bytes is above headwater.admin.request.max.bytes.`,
    );
  }
  const receivedAtMs = context.clock.monotonicMs();
  const request = new Request(connection, apiKey, apiVersion, correlationId, clientId, receivedAtMs, frame.length);
  if (apiVersion < handler.minVersion || apiVersion > handler.maxVersion) {
    if (apiKey !== apiVersionsKey) throw unsupported(versionMessage(handler, apiVersion));
    connection.add(request);
    // In version 0, which every client reads: it then asks again in a version that is in the list (KIP-511).
    const body = { errorCode: ErrorCode.UNSUPPORTED_VERSION, apiKeys: apiKeys() };
    request.respondWith([encodeResponse(apiVersionsKey, 0, correlationId, body)]);
    return;
  }
  // Small frames are in memory that the next read fills again, and a fault may keep this one back.
  if (context.faults.requests !== null) frame = Buffer.from(frame);
  request.quota = context.quotas.begin(request);
  const body = decodeRequest(handler.apiKey, apiVersion, frame, bodyOffset);
  connection.add(request);
  if (context.faults.requests === null) handle(context, handler, body, request);
  else intercept(context, handler, body, request);
}

function intercept(context: BrokerContext, handler: Handler, body: RequestOf[ApiKey], request: Request): void {
  try {
    context.faults.intercept(faultyCall(context, handler, body, request));
  } catch (error) {
    failed(context, request, error);
  }
}

function handle(context: BrokerContext, handler: Handler, body: RequestOf[ApiKey], request: Request): void {
  try {
    const answer = handler.handle(context, body, request);
    if (answer instanceof Promise) void respondLater(context, handler, request, answer);
    else if (answer !== undefined) request.respond(handler.apiKey, answer);
    request.quota?.handled();
    if (request.answer === null) request.handledAtMs = context.clock.monotonicMs();
  } catch (error) {
    failed(context, request, error);
  }
}

function faultyCall(context: BrokerContext, handler: Handler, body: RequestOf[ApiKey], request: Request): Call {
  const { apiKey } = handler;
  const fields = body as unknown as Record<string, unknown>;
  const topicById = (topicId: string) => context.store.topicById(topicId)?.name;
  let subjects: RequestSubjects | null = null;
  return {
    request,
    connection: request.connection,
    apiKey,
    body: fields,
    handle: (asked) => handle(context, handler, asked as unknown as RequestOf[ApiKey], request),
    topicById,
    subjects: () => (subjects ??= subjectsOf(apiKey, fields, topicById)),
  };
}

async function respondLater(
  context: BrokerContext,
  { apiKey }: Handler,
  request: Request,
  answer: ReturnType<Handler['handle']>,
): Promise<void> {
  try {
    const body = await answer;
    if (body !== undefined) request.respond(apiKey, body);
  } catch (error) {
    failed(context, request, error);
  }
}

/** A mistake of ours, not of the client: its connection ends, so that it does not wait for an answer that will not come. */
function failed(
  { logger }: BrokerContext,
  { apiKey, apiVersion, clientId, connection }: Request,
  error: unknown,
): void {
  logger.error({ error, api: describeApi(apiKey), apiVersion, clientId }, 'a request failed');
  connection.destroy();
}

function describeApi(apiKey: number): string {
  const name = apis[apiKey as ApiKey]?.name;
  return name === undefined ? `with key ${apiKey}` : `${name} (${apiKey})`;
}

function versionMessage({ apiKey, minVersion, maxVersion }: Handler, apiVersion: number): string {
  return `API ${describeApi(apiKey)} is served in versions ${minVersion} to ${maxVersion}, not in ${apiVersion}`;
}

function unsupported(message: string): BrokerError {
  return new BrokerError('HW_BROKER_UNSUPPORTED_REQUEST', `${message}. The connection is closed, as Kafka does.`);
}
