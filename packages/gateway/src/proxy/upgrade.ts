import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { errorBody, HttpError } from '@headwater/http';
import { forwardError, timeoutError } from './forward-error.ts';
import { HeaderList } from './header-list.ts';
import type { Plan } from './plan.ts';
import { hopByHop } from './request-headers.ts';

const lingerMs = 1_000;

/**
 * Whether an `Upgrade` is for the gateway to switch: WebSocket only. Others, such as Java's `Upgrade: h2c`, are offers that a
 * server may ignore: those requests are served as the HTTP/1.1 requests that they are.
 */
export function isWebSocket(req: IncomingMessage): boolean {
  return req.headers.upgrade?.toLowerCase() === 'websocket';
}

/** Passes a WebSocket handshake on and joins the two connections when the upstream agrees. Resolves when they are closed. */
export function passUpgrade(
  req: IncomingMessage,
  socket: Socket,
  head: Buffer,
  plan: Plan,
  options: { connectTimeoutMs: number; responseTimeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const { upstream, name } = plan;
  if (req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) !== 0)
    throw new HttpError(400, 'HW_GATEWAY_BAD_REQUEST', 'a WebSocket handshake has no body');
  upstream.enter(name);
  return new Promise((resolve) => {
    socket.setTimeout(0);
    socket.setNoDelay(true);
    const headers = [...plan.headers.raw, 'Connection', 'Upgrade', 'Upgrade', 'websocket'];
    const request = upstream.request({ method: 'GET', path: plan.path, headers }, true);
    let joined: Duplex | undefined;
    const timer = setTimeout(
      () =>
        fail(
          timeoutError(
            name,
            upstream.origin,
            `did not answer the WebSocket handshake within ${options.responseTimeoutMs} ms`,
          ),
        ),
      options.responseTimeoutMs,
    );
    const onAbort = (): void => finish();
    options.signal.addEventListener('abort', onAbort, { once: true });

    let isFinished = false;
    function finish(): void {
      if (isFinished) return;
      isFinished = true;
      clearTimeout(timer);
      options.signal.removeEventListener('abort', onAbort);
      upstream.leave();
      request.destroy();
      joined?.destroy();
      socket.destroy();
      resolve();
    }
    function fail(error: HttpError): void {
      if (isFinished || joined) return;
      writeError(socket, error);
      linger();
    }
    /** Lets the caller read a refusal before the connection goes. */
    function linger(): void {
      setTimeout(finish, lingerMs).unref();
    }

    socket.on('error', finish);
    socket.once('close', finish);
    request.on('error', (error: NodeJS.ErrnoException) =>
      joined ? finish() : fail(forwardError(error, name, upstream.origin)),
    );
    request.on('upgrade', (answer, upstreamSocket, upstreamHead) => {
      clearTimeout(timer);
      if (isFinished) return void upstreamSocket.destroy();
      joined = upstreamSocket;
      (upstreamSocket as Socket).setNoDelay?.(true);
      upstreamSocket.on('error', finish);
      upstreamSocket.once('close', finish);
      const list = endToEnd(answer);
      plan.filterResponse?.({ status: 101, headers: list });
      list.raw.push(
        'Connection',
        'Upgrade',
        'Upgrade',
        answer.headers.upgrade ?? 'websocket',
        'X-Correlation-Id',
        plan.correlationId,
      );
      socket.write(headText(101, list), 'latin1');
      if (upstreamHead.length > 0) socket.write(upstreamHead);
      if (head.length > 0) upstreamSocket.write(head);
      upstreamSocket.pipe(socket);
      socket.pipe(upstreamSocket);
    });
    request.on('response', (answer) => {
      clearTimeout(timer);
      const draft = { status: answer.statusCode!, headers: endToEnd(answer) };
      plan.filterResponse?.(draft);
      // The refusal of a handshake ends the connection, so its length needs no framing.
      draft.headers.remove('content-length');
      draft.headers.raw.push('Connection', 'close', 'X-Correlation-Id', plan.correlationId);
      socket.write(headText(draft.status, draft.headers), 'latin1');
      answer.pipe(socket);
      answer.on('end', linger);
      answer.on('error', finish);
    });
    request.end();
  });
}

/** Answers a handshake that goes nowhere. */
export function writeError(socket: Duplex, error: HttpError): void {
  if (socket.destroyed || !socket.writable) return;
  const body = JSON.stringify(errorBody(error));
  const list = new HeaderList([
    'Content-Type',
    'application/json; charset=utf-8',
    'Content-Length',
    String(Buffer.byteLength(body)),
    'Connection',
    'close',
  ]);
  socket.end(headText(error.status, list) + body);
}

function headText(status: number, headers: HeaderList): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`;
  for (let i = 0; i < headers.raw.length; i += 2) text += `${headers.raw[i]}: ${headers.raw[i + 1]}\r\n`;
  return `${text}\r\n`;
}

function endToEnd(answer: IncomingMessage): HeaderList {
  const out: string[] = [];
  for (let i = 0; i < answer.rawHeaders.length; i += 2)
    if (!hopByHop.has(answer.rawHeaders[i]!.toLowerCase())) out.push(answer.rawHeaders[i]!, answer.rawHeaders[i + 1]!);
  return new HeaderList(out);
}
