import type { HttpContext } from '@headwater/http';
import type { Hit } from './tweet-search.ts';

/** The versions of a document; the first is the one of who asks for none. */
export const versions = [1, 2] as const;
export type DocumentVersion = (typeof versions)[number];

/** A 64-bit integer in JSON, digit by digit: JSON.stringify would round a number of this size. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/**
 * A document with the links that lead on from it, as `links` and as HAL's `_links`. In version 2 the id is a number, with all its digits, and
 * `text2` is the text with what was searched for between `<em>` and `</em>`. `prefix` is where a gateway has put this service.
 */
export function toDocument(hit: Hit, version: DocumentVersion, prefix: string) {
  const self = `${prefix}/documents/${hit.id}`;
  const documents = `${prefix}/documents`;
  return {
    id: version === 2 ? numberOf(hit.id) : hit.id,
    userId: numberOf(hit.userId),
    text: hit.text,
    ...(version === 2 ? { text2: hit.highlight ?? hit.text } : {}),
    createdAt: new Date(hit.createdAt).toISOString(),
    ...(hit.lang === undefined ? {} : { lang: hit.lang }),
    links: [
      { rel: 'self', href: self },
      { rel: 'documents', href: documents },
    ],
    _links: { self: { href: self }, documents: { href: documents } },
  };
}

/** The type of an answer: that of its version, or plain JSON for who asks for nothing else. */
export function mediaTypeFor(http: HttpContext, version: DocumentVersion): string {
  const accept = http.req.headers.accept ?? '';
  const isPlain = /application\/json/i.test(accept) && !/application\/vnd\.|\*\/\*/i.test(accept);
  return isPlain ? 'application/json' : mediaTypeOf(version);
}

export function mediaTypeOf(version: DocumentVersion): string {
  return `application/vnd.api.v${version}+json`;
}

function numberOf(digits: string): unknown {
  return /^-?\d+$/.test(digits) ? rawJSON(digits.replace(/^(-?)0+(?=\d)/, '$1')) : digits;
}
