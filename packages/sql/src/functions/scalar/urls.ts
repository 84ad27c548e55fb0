import { sqlTypes } from '../../types/sql-type.ts';
import { parameter, scalar, variant } from '../define.ts';
import type { ScalarFunction } from '../function.ts';
import { type JavaUri, parseJavaUri } from './java-uri.ts';

const { string, integer } = sqlTypes;
const category = 'URL';
const url = parameter('url', string, 'The URL.');

/** As `java.net.URLEncoder`: letters, digits and .-*_ stay, a blank is +. */
function encodeParameter(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

/** As `java.net.URLDecoder`. @throws RangeError for a % without two hexadecimal digits */
function decodeParameter(text: string): string {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) throw new RangeError(`'${text}' has a % without two hexadecimal digits`);
  return text
    .replaceAll('+', ' ')
    .replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'));
}

function parameterOf(query: string | null, name: string): string | null {
  if (query === null) return null;
  for (const part of query.split('&')) {
    const at = part.indexOf('=');
    if ((at === -1 ? part : part.slice(0, at)) === name) return at === -1 ? '' : part.slice(at + 1);
  }
  return null;
}

function extract(name: string, what: string, example: string, part: (uri: JavaUri) => string | null): ScalarFunction {
  return scalar(
    name,
    { category, description: `${what} of a URL; null where it has none.`, example },
    variant([url], string, (text: string) => part(parseJavaUri(text))),
  );
}

export const urlFunctions: readonly ScalarFunction[] = [
  scalar(
    'URL_ENCODE_PARAM',
    {
      category,
      description: 'Escapes a text to be a value in the query of a URL.',
      example: "URL_ENCODE_PARAM('a b&c') → 'a+b%26c'",
    },
    variant([parameter('value', string, 'The text.')], string, encodeParameter),
  ),
  scalar(
    'URL_DECODE_PARAM',
    {
      category,
      description: 'The text that a value in the query of a URL stands for.',
      example: "URL_DECODE_PARAM('a+b%26c') → 'a b&c'",
    },
    variant([parameter('value', string, 'The escaped text.')], string, decodeParameter),
  ),
  extract(
    'URL_EXTRACT_FRAGMENT',
    'The fragment',
    "URL_EXTRACT_FRAGMENT('http://a.org/b#c') → 'c'",
    ({ fragment }) => fragment,
  ),
  extract('URL_EXTRACT_HOST', 'The host', "URL_EXTRACT_HOST('http://me@a.org:80/b') → 'a.org'", ({ host }) => host),
  extract('URL_EXTRACT_PATH', 'The path', "URL_EXTRACT_PATH('http://a.org/b/c?d') → '/b/c'", ({ path }) => path),
  extract(
    'URL_EXTRACT_PROTOCOL',
    'The protocol',
    "URL_EXTRACT_PROTOCOL('http://a.org') → 'http'",
    ({ scheme }) => scheme,
  ),
  extract('URL_EXTRACT_QUERY', 'The query', "URL_EXTRACT_QUERY('http://a.org/?b=c#d') → 'b=c'", ({ query }) => query),
  scalar(
    'URL_EXTRACT_PARAMETER',
    {
      category,
      description: "The value of a parameter in a URL's query; null where it is not there.",
      example: "URL_EXTRACT_PARAMETER('http://a.org/?b=c&d=e', 'd') → 'e'",
    },
    variant([url, parameter('parameter', string, 'Its name.')], string, (text: string, name: string) =>
      parameterOf(parseJavaUri(text).query, name),
    ),
  ),
  scalar(
    'URL_EXTRACT_PORT',
    {
      category,
      description: 'The port of a URL; null where it has none.',
      example: "URL_EXTRACT_PORT('http://a.org:8080/') → 8080",
    },
    variant([url], integer, (text: string) => {
      const { port } = parseJavaUri(text);
      return port === -1 ? null : port;
    }),
  ),
];
