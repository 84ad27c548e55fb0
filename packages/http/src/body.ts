import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';
import { checkJson } from './check-json.ts';
import { HttpError } from './http-error.ts';

const decoders: Record<string, (data: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
};

const empty = Buffer.alloc(0);

/** Reads a request's whole body, inflated, at most `maxBytes` long before and after inflating. */
export async function readBody(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const declared = Number(req.headers['content-length'] ?? 0);
  if (declared > maxBytes) throw tooLarge(req, maxBytes);
  const raw = await collect(req, maxBytes);
  const encoding = req.headers['content-encoding']?.trim().toLowerCase();
  if (encoding === undefined || encoding === '' || encoding === 'identity' || raw.length === 0) return raw;
  const decode = decoders[encoding];
  if (decode === undefined) {
    const known = Object.keys(decoders).join(', ');
    throw new HttpError(
      415,
      'HW_HTTP_ENCODING',
      `content encoding "${encoding.slice(0, 40)}" is not known: use ${known}`,
    );
  }
  try {
    return await decode(raw, { maxOutputLength: maxBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(req, maxBytes);
    throw new HttpError(400, 'HW_HTTP_ENCODING', `the body is not valid ${encoding}`, {}, cause);
  }
}

function collect(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const onData = (chunk: Buffer): void => {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) {
        req.off('data', onData);
        req.resume();
        reject(tooLarge(req, maxBytes));
        return;
      }
      chunks.push(chunk);
    };
    req.on('data', onData);
    req.once('end', () => {
      if (chunks.length === 0) resolve(empty);
      else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, sizeBytes));
    });
    req.once('error', reject);
    req.once('close', () => {
      if (!req.complete)
        reject(new HttpError(400, 'HW_HTTP_ABORTED', 'the request ended before its body was complete'));
    });
  });
}

function tooLarge(req: IncomingMessage, maxBytes: number): HttpError {
  return new HttpError(413, 'HW_HTTP_BODY_TOO_LARGE', `the body of ${req.method} is larger than ${maxBytes} bytes`, {
    maxBytes,
  });
}

/**
 * Parses a JSON body; a mistake is answered with its line and column (both from 1).
 *
 * Numbers beyond 2^53 lose digits here, as everywhere in `JSON.parse`: what must stay exact is kept as bytes.
 */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    const { message, line, column, position } = checkJson(body) ?? {
      message: String(cause),
      line: 1,
      column: 1,
      position: 0,
    };
    throw new HttpError(
      400,
      'HW_HTTP_INVALID_JSON',
      `the body is not JSON: ${message}, at line ${line}, column ${column}`,
      { line, column, position },
      cause,
    );
  }
}
