import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { HttpError } from '@headwater/http';
import { isHttp2, streamOf } from './answer-writer.ts';
import { hopByHop } from './field-names.ts';
import { HeaderList } from './header-list.ts';

/** Set by the gateway; what the caller says there is believed only from a trusted proxy. */
const ownFields: ReadonlySet<string> = new Set([
  'host',
  'expect',
  'via',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-forwarded-prefix',
  'x-real-ip',
  'x-correlation-id',
]);

/** `Connection: authorization` would make a proxy drop what the upstream decides by: these are not for one hop, whoever says so. */
const endToEnd: ReadonlySet<string> = new Set([
  'authorization',
  'content-encoding',
  'content-type',
  'cookie',
  'origin',
  'traceparent',
  'tracestate',
  'x-correlation-id',
]);

/** Taken for one hop's, as `Connection` may say of a field, they would leave a message that begins or ends elsewhere for whoever is next. */
const neverOfOneHop = ['content-length', 'host'];

/** The caller's headers without those that end here. Throws HttpError for a framing that could be read in two ways. */
export function endToEndHeaders(req: IncomingMessage): HeaderList {
  const { rawHeaders, headers } = req;
  checkFraming(req);
  const isH2 = isHttp2(req);
  const listed = connectionTokens(headers.connection);
  for (const name of neverOfOneHop)
    if (listed?.has(name))
      throw new HttpError(
        400,
        'HW_GATEWAY_BAD_REQUEST',
        `Connection must not name ${name}: it is for everybody on the way (RFC 9110, section 7.6.1)`,
      );
  const out: string[] = [];
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    // Pseudo-fields of HTTP/2.
    if (name.charCodeAt(0) === colon) continue;
    const lower = name.toLowerCase();
    // Many servers read `X_Forwarded_For` as `X-Forwarded-For` (CGI variables): so it counts as that here.
    if (lower.includes('_')) {
      const dashed = lower.replaceAll('_', '-');
      if (hopByHop.has(dashed) || ownFields.has(dashed) || dashed === 'content-length') continue;
    }
    if (lower === 'host' && ++hosts > 1)
      throw new HttpError(400, 'HW_GATEWAY_BAD_REQUEST', 'the request has two Host headers');
    // A cookie may come in pieces there, and is one field here (RFC 9113, section 8.2.3).
    if (isH2 && lower === 'cookie') continue;
    if (hopByHop.has(lower) || ownFields.has(lower)) continue;
    if (listed?.has(lower) && !endToEnd.has(lower)) continue;
    out.push(name, rawHeaders[i + 1]!);
  }
  if (isH2 && headers.cookie !== undefined) out.push('cookie', headers.cookie);
  return new HeaderList(out);
}

const colon = 58;

/** Node's parser refuses two lengths and a length beside chunks; what it still lets through is refused here. */
function checkFraming(req: IncomingMessage): void {
  const encoding = req.headers['transfer-encoding'];
  if (isHttp2(req)) {
    const { authority } = req as unknown as Http2ServerRequest;
    const { host } = req.headers;
    if (authority !== undefined && authority !== '' && host !== undefined && host !== authority)
      throw new HttpError(400, 'HW_GATEWAY_BAD_REQUEST', 'the request has a Host that is not its :authority');
    if (host === undefined || encoding !== undefined)
      throw new HttpError(400, 'HW_GATEWAY_BAD_REQUEST', 'the request has no :authority, or a Transfer-Encoding');
    return;
  }
  if (encoding === undefined) return;
  if (encoding.toLowerCase() !== 'chunked' || req.headers['content-length'] !== undefined || req.httpVersion === '1.0')
    throw new HttpError(
      400,
      'HW_GATEWAY_BAD_REQUEST',
      'the only Transfer-Encoding that is taken is "chunked", in HTTP/1.1 and without Content-Length',
    );
}

function connectionTokens(connection: string | undefined): Set<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined;
  return new Set(
    connection
      .toLowerCase()
      .split(',')
      .map((token) => token.trim()),
  );
}

/** Whether a body follows the head. */
export function hasBody(req: IncomingMessage): boolean {
  if (isHttp2(req)) return streamOf(req)?.endAfterHeaders === false;
  const length = req.headers['content-length'];
  return req.headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) !== 0);
}
