import { ErrorCode } from '@headwater/protocol';

/** What a topic gets that is in a request more than once: once, and nothing is done to it. */
export const duplicateTopic = { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'Duplicate topic name.' };

/** The topics of a request that are in it once, and the names of the others. */
export function withoutDuplicates<T extends { readonly name: string }>(
  topics: readonly T[],
): { single: T[]; twice: string[] } {
  const counts = new Map<string, number>();
  for (const { name } of topics) counts.set(name, (counts.get(name) ?? 0) + 1);
  const single = topics.filter(({ name }) => counts.get(name) === 1);
  const twice = [...counts].filter(([, count]) => count > 1).map(([name]) => name);
  return { single, twice };
}
