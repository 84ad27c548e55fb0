import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { apiErrorOf } from '../api-error.ts';
import { schemaInfo } from '../entities/schema-info.ts';
import { jsonObject, olderNames, sqlRequest } from '../request-body.ts';
import { rowJson } from '../results/value-json.ts';
import { checkIsQuery, isPrint, singleStatement } from '../run-script.ts';
import { WebSocketConnection } from '../websocket/web-socket.ts';
import type { RouteHost } from './route-host.ts';

const closeCodes = { normal: 1000, goingAway: 1001, invalid: 1003 } as const;

/** `GET /ws/query?request=…`: the schema as the first message, then a message a row; what is wrong is the reason of the close. */
export async function handleWebSocket(
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  host: RouteHost,
  closing: AbortSignal,
): Promise<void> {
  const connection = WebSocketConnection.accept(req, socket, head);
  if (connection === undefined) return;
  const signal = AbortSignal.any([connection.closed, closing]);
  try {
    const { searchParams } = new URL(req.url ?? '/', 'http://localhost');
    const version = searchParams.get('version');
    if (version !== null && version !== '1') throw new RangeError(`Received invalid api version: ${version}`);
    const request = searchParams.get('request') ?? '';
    if (request === '') throw new RangeError('Error parsing request: missing request parameter');
    await sendRows(connection, request, host, signal);
    connection.close(closing.aborted ? closeCodes.goingAway : closeCodes.normal, closing.aborted ? 'closing' : 'done');
  } catch (thrown) {
    const reason = thrown instanceof RangeError ? thrown.message : apiErrorOf(thrown).message;
    connection.close(closeCodes.invalid, reason);
  }
}

async function sendRows(
  connection: WebSocketConnection,
  request: string,
  { service, running, commandTimeoutMs }: RouteHost,
  signal: AbortSignal,
): Promise<void> {
  const { sql, session, commandSequenceNumber } = sqlRequest(jsonObject(request), olderNames);
  for (const name of session.properties.keys()) service.checkProperty(name);
  const statement = singleStatement(sql, 'ksql');
  checkIsQuery(statement);
  if (commandSequenceNumber !== null) await service.waitForCommand(commandSequenceNumber, commandTimeoutMs);
  if (isPrint(statement.text)) {
    for await (const line of await service.print(statement, session, signal)) {
      if (signal.aborted) return;
      await connection.send(JSON.stringify(line));
    }
    return;
  }
  const query = await service.query(statement, session, signal);
  const close = () => query.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    await running.during(query, async () => {
      await connection.send(
        JSON.stringify(query.columns.map(({ name, type }) => ({ name, schema: schemaInfo(type) }))),
      );
      const json = rowJson(query.columns.map(({ type }) => type));
      for await (const rows of query.rows) {
        for (const { values, isTombstone } of rows) {
          if (signal.aborted) return;
          await connection.send(`{"row":{"columns":${json(values)}${isTombstone ? ',"tombstone":true' : ''}}}`);
        }
      }
      const message = query.finalMessage();
      if (message !== null) await connection.send(JSON.stringify({ finalMessage: message }));
    });
  } finally {
    signal.removeEventListener('abort', close);
    query.close();
  }
}
