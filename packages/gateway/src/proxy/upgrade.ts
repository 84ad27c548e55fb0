import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { errorBody, HttpError } from '@headwater/http';
import type { Call } from '../stages/call.ts';
import { endToEndAnswer } from './answer-headers.ts';
import { forwardError, timeoutError } from './forward-error.ts';
import { HeaderList } from './header-list.ts';
import type { Plan } from './plan.ts';
import { type AttemptHost, SingleAttempt } from './single-attempt.ts';

const lingerMs = 1_000;

/**
 * Whether an `Upgrade` is for the gateway to switch: WebSocket only. Others, such as Java's `Upgrade: h2c`, are offers that a
 * server may ignore: those requests are served as the HTTP/1.1 requests that they are.
 */
export function isWebSocket(req: IncomingMessage): boolean {
  return req.headers.upgrade?.toLowerCase() === 'websocket';
}

export interface UpgradeOptions extends AttemptHost {
  responseTimeoutMs: number;
  signal: AbortSignal;
}

/**
 * Passes a WebSocket handshake on and joins the two connections when the upstream agrees. Resolves when they are closed, rejects with an HttpError
 * while the caller can still be told.
 */
export function passUpgrade(
  call: Call,
  socket: Socket,
  head: Buffer,
  plan: Plan,
  options: UpgradeOptions,
): Promise<void> {
  const { req } = call;
  const { name } = plan;
  if (req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) !== 0)
    throw new HttpError(400, 'HW_GATEWAY_BAD_REQUEST', 'a WebSocket handshake has no body');
  const attempt = new SingleAttempt(call, plan, options);
  const { upstream } = attempt;
  return new Promise((resolve, reject) => {
    socket.setTimeout(0);
    socket.setNoDelay(true);
    const headers = [...plan.headers.raw, 'Connection', 'Upgrade', 'Upgrade', 'websocket'];
    const request = upstream.requestUpgrade({ method: 'GET', path: plan.path, headers });
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
      attempt.end();
      request.destroy();
      joined?.destroy();
      socket.destroy();
      call.outcome ??= 'cancelled';
      resolve();
    }
    function fail(error: HttpError): void {
      if (isFinished || joined) return;
      isFinished = true;
      clearTimeout(timer);
      options.signal.removeEventListener('abort', onAbort);
      attempt.end(error);
      request.destroy();
      setTimeout(() => socket.destroy(), lingerMs).unref();
      reject(error);
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
      call.outcome = 'upgraded';
      attempt.answered(101);
      (upstreamSocket as Socket).setNoDelay?.(true);
      upstreamSocket.on('error', finish);
      upstreamSocket.once('close', finish);
      const list = endToEndAnswer(answer.rawHeaders);
      plan.filterResponse?.({ call, status: 101, headers: list });
      list.raw.push(
        'Connection',
        'Upgrade',
        'Upgrade',
        answer.headers.upgrade ?? 'websocket',
        'X-Correlation-Id',
        call.correlationId,
        ...(call.answerHeaders ?? []),
      );
      socket.write(headText(101, list), 'latin1');
      if (upstreamHead.length > 0) socket.write(upstreamHead);
      if (head.length > 0) upstreamSocket.write(head);
      upstreamSocket.pipe(socket);
      socket.pipe(upstreamSocket);
    });
    request.on('response', (answer) => {
      clearTimeout(timer);
      const draft = { call, status: answer.statusCode!, headers: endToEndAnswer(answer.rawHeaders) };
      call.outcome = 'answered';
      attempt.answered(answer.statusCode!);
      plan.filterResponse?.(draft);
      // The refusal of a handshake ends the connection, so its length needs no framing.
      draft.headers.remove('content-length');
      draft.headers.raw.push('Connection', 'close', 'X-Correlation-Id', call.correlationId);
      socket.write(headText(draft.status, draft.headers), 'latin1');
      answer.pipe(socket);
      answer.on('end', linger);
      answer.on('error', finish);
    });
    request.end();
  });
}

/** Answers a handshake that goes nowhere. */
export function writeError(
  socket: Duplex,
  error: HttpError | { status: number; headers: readonly string[]; body: string | Buffer },
  call: Call,
): void {
  if (socket.destroyed || !socket.writable) return;
  const isError = error instanceof HttpError;
  const body = isError ? JSON.stringify(errorBody(error)) : error.body;
  const list = new HeaderList([
    ...(isError
      ? ['Content-Type', 'application/json; charset=utf-8', ...Object.entries(error.headers).flat()]
      : error.headers),
    ...(call.answerHeaders ?? []),
    'X-Correlation-Id',
    call.correlationId,
    'Content-Length',
    String(Buffer.byteLength(body)),
    'Connection',
    'close',
  ]);
  socket.write(headText(error.status, list), 'latin1');
  socket.end(body);
}

function headText(status: number, headers: HeaderList): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`;
  for (let i = 0; i < headers.raw.length; i += 2) text += `${headers.raw[i]}: ${headers.raw[i + 1]}\r\n`;
  return `${text}\r\n`;
}
