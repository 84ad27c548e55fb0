import { backend } from './message-types.ts';

/** What an error tells a client: SQLSTATE, and a message that says what to do. */
export interface WireError {
  /** Default ERROR: the connection goes on. */
  severity?: 'ERROR' | 'FATAL' | 'WARNING' | 'NOTICE';
  code: string;
  message: string;
  detail?: string;
  hint?: string;
}

/** Where a transaction stands, as ReadyForQuery says it: idle, in one, or in one that failed. */
export type TransactionStatus = 'I' | 'T' | 'E';

export function message(type: number, body: Uint8Array): Buffer {
  const result = Buffer.allocUnsafe(5 + body.length);
  result[0] = type;
  result.writeInt32BE(4 + body.length, 1);
  result.set(body, 5);
  return result;
}

export function errorResponse(error: WireError): Buffer {
  return message(backend.errorResponse, errorFields(error));
}

export function noticeResponse(error: WireError): Buffer {
  return message(backend.noticeResponse, errorFields({ severity: 'NOTICE', ...error }));
}

function errorFields({ severity = 'ERROR', code, message, detail, hint }: WireError): Buffer {
  let text = `S${severity}\0V${severity}\0C${code}\0M${message}\0`;
  if (detail !== undefined) text += `D${detail}\0`;
  if (hint !== undefined) text += `H${hint}\0`;
  return Buffer.from(`${text}\0`);
}

export function readyForQuery(status: TransactionStatus): Buffer {
  return message(backend.readyForQuery, Buffer.from(status));
}

export function parameterStatus(name: string, value: string): Buffer {
  return message(backend.parameterStatus, Buffer.from(`${name}\0${value}\0`));
}

export function commandComplete(tag: string): Buffer {
  return message(backend.commandComplete, Buffer.from(`${tag}\0`));
}

export function backendKeyData(id: number, secret: number): Buffer {
  const body = Buffer.allocUnsafe(8);
  body.writeInt32BE(id, 0);
  body.writeInt32BE(secret, 4);
  return message(backend.backendKeyData, body);
}

export const authenticationOk: Buffer = message(backend.authentication, Buffer.alloc(4));

/** The three kinds of AuthenticationSASL…: 10 the mechanisms, 11 to go on, 12 the end. */
export function authenticationSasl(kind: 10 | 11 | 12, data: string): Buffer {
  const head = Buffer.alloc(4);
  head.writeInt32BE(kind);
  return message(backend.authentication, Buffer.concat([head, Buffer.from(data)]));
}
