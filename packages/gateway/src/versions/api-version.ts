/** A version of an API as numbers, most significant first: `1`, `v1.2` and `1.2.0` are what they look like. */
export type ApiVersion = readonly [number, number, number];

const pattern = /^v?(\d{1,6})(?:\.(\d{1,6}))?(?:\.(\d{1,6}))?$/i;

/** Undefined when the text is none. */
export function parseVersion(text: string): ApiVersion | undefined {
  const match = pattern.exec(text.trim());
  return match === null ? undefined : [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)];
}

/** Negative, zero or positive as `a` is before, the same as, or after `b`. */
export function compareVersions(a: ApiVersion, b: ApiVersion): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
