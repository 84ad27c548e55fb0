/** Requests and responses with their headers and the size in front: what goes over a connection. */
import { codecOf } from './codec/codec.ts';
import { Reader } from './codec/reader.ts';
import { Writer } from './codec/writer.ts';
import {
  ApiKey,
  apis,
  type RequestInputOf,
  type RequestOf,
  type ResponseInputOf,
  type ResponseOf,
} from './messages/index.ts';
import { ProtocolError } from './protocol-error.ts';

export interface RequestHead {
  apiKey: number;
  apiVersion: number;
  correlationId: number;
  clientId: string | null;
  /** Where the body starts in the frame. */
  bodyOffset: number;
}

/** Whether this package has tables for the API. */
export function isApiKey(apiKey: number): apiKey is ApiKey {
  return apis[apiKey] !== undefined;
}

function apiOf(apiKey: number) {
  const api = apis[apiKey];
  if (api === undefined) throw new ProtocolError('HW_PROTOCOL_UNKNOWN_API', `no API has the key ${apiKey}`);
  return api;
}

/** A whole request, with the size in front. */
export function encodeRequest<K extends ApiKey>(
  apiKey: K,
  version: number,
  correlationId: number,
  clientId: string | null,
  body: RequestInputOf[K],
): Buffer {
  return encodeRequestWith(apiKey, version, correlationId, clientId, body, (writer) => writer.buffer(true));
}

/** As `encodeRequest`, in parts for `writev`: `records` of 1 KiB and more are passed on, not copied. */
export function encodeRequestChunks<K extends ApiKey>(
  apiKey: K,
  version: number,
  correlationId: number,
  clientId: string | null,
  body: RequestInputOf[K],
): Buffer[] {
  return encodeRequestWith(apiKey, version, correlationId, clientId, body, (writer) => writer.chunks(true));
}

function encodeRequestWith<T>(
  apiKey: number,
  version: number,
  correlationId: number,
  clientId: string | null,
  body: unknown,
  finish: (writer: Writer) => T,
): T {
  const api = apiOf(apiKey);
  const codec = codecOf(api.request, version);
  const writer = new Writer();
  try {
    writer.reserveSize();
    writer.int16(apiKey);
    writer.int16(version);
    writer.int32(correlationId);
    // Never compact, not even in header version 2: a broker must read it before it knows the client's versions.
    writer.stringOrNull(clientId);
    if (version >= api.flexibleFrom) writer.uvarint(0);
    codec.write(writer, body);
    return finish(writer);
  } finally {
    writer.release();
  }
}

/**
 * Reads the header of a request; `frame` is what followed the size. Versions that no table has are read, too, so that
 * they can be answered; of an unknown API only the fixed part is.
 */
export function decodeRequestHeader(frame: Buffer): RequestHead {
  const reader = new Reader(frame);
  const apiKey = reader.int16();
  const apiVersion = reader.int16();
  const correlationId = reader.int32();
  const clientId = reader.textOrNull(reader.int16());
  const api = apis[apiKey];
  if (api !== undefined && apiVersion >= api.flexibleFrom) reader.skipTags();
  return { apiKey, apiVersion, correlationId, clientId, bodyOffset: reader.pos };
}

/** Decodes a request's body, from `bodyOffset` of its header on; `bytes` and `records` are views into the frame. */
export function decodeRequest<K extends ApiKey>(
  apiKey: K,
  version: number,
  frame: Buffer,
  offset: number,
): RequestOf[K] {
  return codecOf(apiOf(apiKey).request, version).read(new Reader(frame, offset)) as RequestOf[K];
}

/** A whole response, with the size in front. */
export function encodeResponse<K extends ApiKey>(
  apiKey: K,
  version: number,
  correlationId: number,
  body: ResponseInputOf[K],
): Buffer {
  return encodeResponseWith(apiKey, version, correlationId, body, (writer) => writer.buffer(true));
}

/** As `encodeResponse`, in parts for `writev`: `records` of 1 KiB and more are passed on, not copied. */
export function encodeResponseChunks<K extends ApiKey>(
  apiKey: K,
  version: number,
  correlationId: number,
  body: ResponseInputOf[K],
): Buffer[] {
  return encodeResponseWith(apiKey, version, correlationId, body, (writer) => writer.chunks(true));
}

function encodeResponseWith<T>(
  apiKey: number,
  version: number,
  correlationId: number,
  body: unknown,
  finish: (writer: Writer) => T,
): T {
  const codec = codecOf(apiOf(apiKey).response, version);
  const writer = new Writer();
  try {
    writer.reserveSize();
    writer.int32(correlationId);
    if (hasResponseTags(apiKey, version)) writer.uvarint(0);
    codec.write(writer, body);
    return finish(writer);
  } finally {
    writer.release();
  }
}

/** An ApiVersions response has header version 0 always: the client that reads it does not know the broker yet. */
function hasResponseTags(apiKey: number, version: number): boolean {
  return version >= apiOf(apiKey).flexibleFrom && apiKey !== ApiKey.ApiVersions;
}

/** The correlation id of a response: all that is needed to find the request that it answers. */
export function decodeCorrelationId(frame: Buffer): number {
  return new Reader(frame).int32();
}

/** Decodes a response; `frame` is what followed the size, and `bytes` and `records` are views into it. */
export function decodeResponse<K extends ApiKey>(
  apiKey: K,
  version: number,
  frame: Buffer,
): { correlationId: number; body: ResponseOf[K] } {
  const codec = codecOf(apiOf(apiKey).response, version);
  const reader = new Reader(frame);
  const correlationId = reader.int32();
  if (hasResponseTags(apiKey, version)) reader.skipTags();
  return { correlationId, body: codec.read(reader) as ResponseOf[K] };
}
