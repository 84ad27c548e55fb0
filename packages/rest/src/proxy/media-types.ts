import type { IncomingMessage } from 'node:http';
import { ProxyError } from './proxy-error.ts';

/** How keys and values of records lie in requests and answers of the v2 API. */
export const embeddedFormats = ['binary', 'json', 'avro', 'jsonschema', 'protobuf'] as const;
export type EmbeddedFormat = (typeof embeddedFormats)[number];

export const v2Json = 'application/vnd.kafka.v2+json';

export function isEmbeddedFormat(text: string): text is EmbeddedFormat {
  return (embeddedFormats as readonly string[]).includes(text);
}

export function formatType(format: EmbeddedFormat): string {
  return `application/vnd.kafka.${format}.v2+json`;
}

/** The media types of an Accept header with their weights, the most wanted first. */
function accepted(req: IncomingMessage): { type: string; weight: number }[] {
  const header = req.headers.accept?.trim() || '*/*';
  return header
    .split(',')
    .map((part) => {
      const [type = '', ...parameters] = part.split(';').map((one) => one.trim().toLowerCase());
      const q = parameters.find((one) => one.startsWith('q='));
      return { type, weight: q === undefined ? 1 : Number(q.slice(2)) || 0 };
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight);
}

function covers(pattern: string, type: string): boolean {
  return pattern === '*/*' || pattern === type || (pattern.endsWith('/*') && type.startsWith(pattern.slice(0, -1)));
}

/** Of what a call can answer with, the best first, the type that the caller wants. @throws ProxyError 406 */
export function negotiate(req: IncomingMessage, offered: readonly string[]): string {
  for (const { type } of accepted(req)) {
    const found = offered.find((offer) => covers(type, offer));
    if (found !== undefined) return found;
  }
  throw new ProxyError(406, 406, 'HTTP 406 Not Acceptable');
}

/** Refuses a body of a type that the call does not take; one without a type is taken. @throws ProxyError 415 */
export function checkContentType(req: IncomingMessage, taken: readonly string[]): string | undefined {
  const type = (req.headers['content-type'] ?? '').replace(/;.*/s, '').trim().toLowerCase();
  if (type === '' || taken.includes(type)) return type || undefined;
  throw new ProxyError(415, 415, 'HTTP 415 Unsupported Media Type');
}

/** The types that every call of v2 consumers takes and gives. */
export const consumerTypes = [v2Json, ...embeddedFormats.map(formatType)];
