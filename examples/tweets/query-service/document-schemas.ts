import type { JsonSchema } from '@headwater/service';
import type { DocumentVersion } from './document.ts';

const idExample = '592089033144795136';
const text = 'Kafka was never the bottleneck';
const links = [
  { rel: 'self', href: `/query/documents/${idExample}` },
  { rel: 'documents', href: '/query/documents' },
];
const halLinks = { self: { href: links[0]!.href }, documents: { href: links[1]!.href } };
const createdAt = '2026-11-22T17:00:00.000Z';
const link = { type: 'object', required: ['href'], properties: { href: { type: 'string' } } } as const;

/** A document as a version has it. */
export function documentSchema(version: DocumentVersion): JsonSchema {
  const shared = { userId: 9672460849, text, createdAt, lang: 'en', links, _links: halLinks };
  return {
    type: 'object',
    title: `Document, version ${version}`,
    required: ['id', 'userId', 'text', ...(version === 2 ? ['text2'] : []), 'createdAt', 'links', '_links'],
    properties: {
      id:
        version === 1
          ? { type: 'string', pattern: '^\\d{1,19}$', description: 'a 64-bit number, as text' }
          : { type: 'integer', format: 'int64', description: 'a 64-bit number: JavaScript rounds those beyond 2^53' },
      userId: { type: 'integer', format: 'int64' },
      text: { type: 'string' },
      ...(version === 2
        ? { text2: { type: 'string', description: 'the text, what was searched for between `<em>` and `</em>`' } }
        : {}),
      createdAt: { type: 'string', format: 'date-time' },
      lang: { type: 'string', description: 'BCP 47' },
      links: {
        type: 'array',
        items: {
          type: 'object',
          required: ['rel', 'href'],
          properties: { rel: { type: 'string', enum: ['self', 'documents'] }, href: { type: 'string' } },
        },
      },
      _links: { type: 'object', description: 'the same as HAL', properties: { self: link, documents: link } },
    },
    examples: [
      version === 1
        ? { id: idExample, ...shared }
        : { id: 1234567890123, ...shared, text2: '<em>Kafka</em> was never the bottleneck' },
    ],
  };
}

/** What a search by text answers. */
export function searchAnswerSchema(version: DocumentVersion): JsonSchema {
  return {
    type: 'object',
    title: `Search answer, version ${version}`,
    required: ['queryResponseModels', 'wordCount', 'wordCounts', 'total', 'highlights', 'tookMs'],
    properties: {
      queryResponseModels: { type: 'array', items: documentSchema(version) },
      wordCount: { type: ['integer', 'null'], description: 'the sum over the words; null when nobody could say' },
      wordCounts: { type: 'object', additionalProperties: { type: 'integer' } },
      wordCountSource: { type: 'string', enum: ['streams', 'analytics'], description: 'who said so' },
      wordCountError: { type: 'string', description: 'why another one was asked, or why there is no count' },
      total: { type: 'integer', description: 'of the hits that the caller may read' },
      highlights: { type: 'object', additionalProperties: { type: 'string' }, description: 'by id' },
      tookMs: { type: 'integer' },
    },
  };
}

/** Which hits: of the query. */
export const pagingProperties = {
  limit: { type: 'integer', minimum: 0, maximum: 1_000, default: 20 },
  from: { type: 'integer', minimum: 0, maximum: 10_000, default: 0, description: 'hits to pass over' },
  sort: { type: 'string', enum: ['newest', 'best'], default: 'newest' },
} as const;

export const pagingQuery = { type: 'object', properties: pagingProperties } as const;

const searchProperties = {
  text: { type: 'string', minLength: 1, maxLength: 1_000, description: 'words, of which a hit has one or more' },
  id: { type: ['string', 'null'], pattern: '^\\d{0,19}$', description: 'only this document' },
} as const;

/** What to search for: the body of a POST. */
export const searchBody = {
  type: 'object',
  required: ['text'],
  properties: searchProperties,
  examples: [{ text: 'kafka' }],
} as const;

/** The same as a query, with the paging. */
export const searchQuery = {
  type: 'object',
  required: ['text'],
  properties: { ...searchProperties, ...pagingProperties },
} as const;

export const documentParams = {
  type: 'object',
  properties: { id: { type: 'string', description: 'the digits of an id' } },
} as const;
