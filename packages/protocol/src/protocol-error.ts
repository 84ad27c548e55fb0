/** What went wrong, as a stable code; COMPATIBILITY.md has the table. */
export type ProtocolErrorCode =
  | 'HW_PROTOCOL_TRUNCATED'
  | 'HW_PROTOCOL_MALFORMED'
  | 'HW_PROTOCOL_UNKNOWN_API'
  | 'HW_PROTOCOL_UNSUPPORTED_VERSION'
  | 'HW_PROTOCOL_INVALID_VALUE'
  | 'HW_PROTOCOL_CORRUPT_BATCH'
  | 'HW_PROTOCOL_INVALID_RECORD'
  | 'HW_PROTOCOL_UNSUPPORTED_MAGIC'
  | 'HW_PROTOCOL_UNSUPPORTED_COMPRESSION'
  | 'HW_PROTOCOL_CORRUPT_COMPRESSION'
  | 'HW_PROTOCOL_TOO_LARGE';

export interface ProtocolErrorDetails {
  /** The message, e.g. 'FetchRequest'. */
  api?: string;
  version?: number;
  /** Path of the field, e.g. 'topics[0].partitions[2].fetchOffset'. */
  field?: string;
  /** Byte offset in the buffer that was given. */
  offset?: number;
  cause?: unknown;
}

/** The only error that encoding and decoding throw. */
export class ProtocolError extends Error {
  readonly code: ProtocolErrorCode;
  readonly api: string | undefined;
  readonly version: number | undefined;
  readonly field: string | undefined;
  readonly offset: number | undefined;

  constructor(code: ProtocolErrorCode, message: string, details: ProtocolErrorDetails = {}) {
    const { api, version, field, offset, cause } = details;
    const place = [
      api === undefined ? '' : `${api} v${version}`,
      field === undefined || field === '' ? '' : `field ${field}`,
      offset === undefined ? '' : `at byte ${offset}`,
    ].filter((part) => part !== '');
    super(place.length === 0 ? message : `${message} (${place.join(', ')})`, cause === undefined ? {} : { cause });
    this.name = 'ProtocolError';
    this.code = code;
    this.api = api;
    this.version = version;
    this.field = field;
    this.offset = offset;
  }
}
