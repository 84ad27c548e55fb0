import type { IncomingHttpHeaders } from 'node:http';
import { fieldName } from '../proxy/field-names.ts';

/** The head of a request that can be read in one way only, and that no body follows. */
export interface PlainHead {
  method: string;
  target: string;
  rawHeaders: string[];
  headers: IncomingHttpHeaders;
  keepsAlive: boolean;
  /** Where it ends in the bytes. */
  end: number;
}

/** As the server of Node has it. */
const headMaxBytes = 16 * 1024;
const linesMax = 100;
const requestLine = /^(GET|HEAD|DELETE|OPTIONS) (\/[\x21-\x7e]*) HTTP\/1\.1$/;
/** Control characters, and line ends that are not CRLF. */
const badBytes = /[^\t\x20-\x7e\x80-\xff\r\n]|\r(?!\n)|(?<!\r)\n/;

/**
 * Fields with a say in how a message is read, in what protocol, or whether it is answered at once: a request with one of them is not plain. So is
 * one that has a field twice, or whose fields are named as objects' own things are.
 */
const notPlain: ReadonlySet<string> = new Set([
  'transfer-encoding',
  'content-length',
  'upgrade',
  'expect',
  'te',
  'trailer',
  'keep-alive',
  'proxy-connection',
  'http2-settings',
  'set-cookie',
  '__proto__',
]);

/**
 * Reads the head of a plain request; undefined for everything else, also for a head that has not come in whole. No errors: what is not plain is for the
 * full server to read, and to refuse where it must. So this may be as strict as it likes.
 */
export function plainHead(bytes: Buffer): PlainHead | undefined {
  const end = bytes.indexOf('\r\n\r\n', 0, 'latin1');
  if (end === -1 || end > headMaxBytes) return undefined;
  const text = bytes.toString('latin1', 0, end + 2);
  if (badBytes.test(text)) return undefined;
  const firstEnd = text.indexOf('\r\n');
  const first = requestLine.exec(text.slice(0, firstEnd));
  if (first === null) return undefined;
  const rawHeaders: string[] = [];
  const headers: IncomingHttpHeaders = {};
  let keepsAlive = true;
  for (let at = firstEnd + 2; at < text.length; ) {
    const to = text.indexOf('\r\n', at);
    const colon = text.indexOf(':', at);
    if (colon === -1 || colon > to) return undefined;
    const name = text.slice(at, colon);
    const field = fieldName(name);
    if (field === undefined) return undefined;
    const { lower } = field;
    if (notPlain.has(lower) || headers[lower] !== undefined) return undefined;
    let from = colon + 1;
    let until = to;
    while (from < until && isSpace(text.charCodeAt(from))) from++;
    while (until > from && isSpace(text.charCodeAt(until - 1))) until--;
    const value = text.slice(from, until);
    if (lower === 'connection') {
      const wish = value.toLowerCase();
      if (wish === 'close') keepsAlive = false;
      else if (wish !== 'keep-alive') return undefined;
    }
    headers[lower] = value;
    rawHeaders.push(name, value);
    if (rawHeaders.length > 2 * linesMax) return undefined;
    at = to + 2;
  }
  if (headers.host === undefined) return undefined;
  return { method: first[1]!, target: first[2]!, rawHeaders, headers, keepsAlive, end: end + 4 };
}

function isSpace(code: number): boolean {
  return code === 32 || code === 9;
}
