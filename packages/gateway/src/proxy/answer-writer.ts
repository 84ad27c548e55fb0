import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { hopByHop } from './field-names.ts';

/** Fields that a trailer must not be (RFC 9110, section 6.5.1): they decide how a message is read, or who may have it. */
const notTrailers: ReadonlySet<string> = new Set([
  ...hopByHop,
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'host',
  'location',
  'set-cookie',
  'www-authenticate',
]);

export function isHttp2(req: IncomingMessage): boolean {
  return req.httpVersionMajor === 2;
}

/** The stream of a request of HTTP/2. */
export function streamOf(req: IncomingMessage): Http2ServerRequest['stream'] {
  return (req as unknown as Http2ServerRequest).stream;
}

/** Writes the head of an answer in the form of the caller's protocol. */
export function writeHead(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  reason: string,
  raw: string[],
): void {
  if (isHttp2(req)) (res as unknown as Http2ServerResponse).writeHead(status, http2Headers(raw));
  else if (reason !== '') res.writeHead(status, reason, raw);
  else res.writeHead(status, raw);
}

/** Small names, repeats as lists, and nothing about the connection: a stream has none of its own (RFC 9113, section 8.2.2). */
export function http2Headers(raw: readonly string[]): OutgoingHttpHeaders {
  const headers: Record<string, string | string[]> = Object.create(null);
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    if (hopByHop.has(name) || name === 'host') continue;
    const value = raw[i + 1]!;
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else headers[name] = [before, value];
  }
  return headers;
}

/** Passes on what came after the body, to callers that can have it: all of HTTP/2, and those of HTTP/1.1 that asked for it. */
export function addTrailers(req: IncomingMessage, res: ServerResponse, trailers: readonly string[]): void {
  if (!isHttp2(req) && !/(?:^|,)\s*trailers/i.test(String(req.headers.te ?? ''))) return;
  const headers = http2Headers(trailers);
  for (const name of Object.keys(headers)) if (notTrailers.has(name) || name.startsWith(':')) delete headers[name];
  if (Object.keys(headers).length > 0) res.addTrailers(headers as Record<string, string>);
}

/** Ends an answer that is not whole so that the caller sees that it is not. */
export function breakOff(req: IncomingMessage, res: ServerResponse): void {
  if (isHttp2(req)) streamOf(req)?.close(constants.NGHTTP2_INTERNAL_ERROR);
  else res.destroy();
}

/** Whether nobody is there any more to answer. */
export function isGone(req: IncomingMessage, res: ServerResponse): boolean {
  return isHttp2(req) ? streamOf(req)?.destroyed !== false : res.destroyed;
}
