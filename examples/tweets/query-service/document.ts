import type { Hit } from './tweet-search.ts';

export const mediaTypeV1 = 'application/vnd.api.v1+json';

/** A 64-bit integer in JSON, digit by digit: JSON.stringify would round a number of this size. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** A document of version 1, with the links that lead on from it. `prefix` is where a gateway has put this service. */
export function toDocument(hit: Hit, prefix: string) {
  return {
    id: hit.id,
    userId: /^-?\d+$/.test(hit.userId) ? rawJSON(hit.userId) : hit.userId,
    text: hit.text,
    createdAt: new Date(hit.createdAt).toISOString(),
    ...(hit.lang === undefined ? {} : { lang: hit.lang }),
    links: [
      { rel: 'self', href: `${prefix}/documents/${hit.id}` },
      { rel: 'documents', href: `${prefix}/documents` },
    ],
  };
}
