/**
 * A property's key in the form by which it is looked up: `tweets.mock-sleep-ms`, `tweets.mockSleepMs` and `TWEETS.MOCK_SLEEP_MS` are one key,
 * `tweets.mocksleepms`, as Spring's relaxed binding has it. What stands in brackets is an element of its own: a list's index (`a[0]`), or a
 * name that may hold dots, which is kept as it is.
 */
export function canonicalKey(key: string): string {
  return splitKey(key)
    .map((element) => (element.startsWith('[') ? element : `.${relaxed(element)}`))
    .join('')
    .replace(/^\./, '');
}

/** The elements of a key as they are written; those in brackets keep them. */
export function splitKey(key: string): string[] {
  return key.match(/\[[^\]]*\]|[^.[\]]+/g) ?? [];
}

/** One element of a key without what relaxed binding does not look at. */
export function relaxed(element: string): string {
  return element.replace(/[-_]/g, '').toLowerCase();
}

/** What the value of such a key is, nobody should see: Spring Boot's list of words. */
export function isSecretKey(key: string): boolean {
  return /(password|passwd|pwd|secret|token|credential|private.?key|api.?key|^key$|[._-]key$|vcap_services|sun\.java\.command)/i.test(
    key,
  );
}

export const masked = '******';

/** A value for people: secrets masked, users and passwords taken out of addresses, long texts cut. */
export function shownValue(key: string, value: unknown): unknown {
  if (value === null || value === undefined) return value;
  if (isSecretKey(key)) return masked;
  if (typeof value !== 'string') return value;
  return value.replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:)[^/\s@]+@/gi, `$1${masked}@`);
}
