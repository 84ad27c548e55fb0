import { type ApiKey, apis, decodeRequest, decodeRequestHeader, ErrorCode, encodeResponse } from '@headwater/protocol';
import { BrokerError } from './broker-error.ts';
import type { BrokerContext } from './context.ts';
import { apiKeys } from './handlers/18-api-versions.ts';
import type { Handler } from './handlers/handler.ts';
import { handlers } from './handlers/index.ts';
import type { Connection } from './network/connection.ts';
import { Request } from './network/request.ts';

const handlerByKey: (Handler | undefined)[] = [];
for (const handler of handlers) handlerByKey[handler.apiKey] = handler;

const apiVersionsKey = 18;

/**
 * From a frame to the handler of its API. What cannot be understood throws, and the connection is closed: a client cannot be answered
 * in a layout that is not known.
 *
 * @throws BrokerError HW_BROKER_UNSUPPORTED_REQUEST, ProtocolError
 */
export function dispatch(context: BrokerContext, connection: Connection, frame: Buffer): void {
  const { apiKey, apiVersion, correlationId, clientId, bodyOffset } = decodeRequestHeader(frame);
  connection.lastClientId = clientId;
  const handler = handlerByKey[apiKey];
  if (handler === undefined) throw unsupported(`API ${describeApi(apiKey)} is not served`);
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
  const body = decodeRequest(handler.apiKey, apiVersion, frame, bodyOffset);
  connection.add(request);
  const answer = handler.handle(context, body, request);
  if (answer === undefined) return;
  if (answer instanceof Promise) void respondLater(context, handler, request, answer);
  else request.respond(handler.apiKey, answer);
}

async function respondLater(
  context: BrokerContext,
  { apiKey }: Handler,
  request: Request,
  answer: ReturnType<Handler['handle']>,
): Promise<void> {
  try {
    request.respond(apiKey, (await answer)!);
  } catch (error) {
    context.logger.error({ error, api: describeApi(apiKey), clientId: request.clientId }, 'a request failed');
    request.connection.destroy(error);
  }
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
