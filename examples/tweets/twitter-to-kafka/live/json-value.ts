/** The fields of a value that should be an object; none when it is something else. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A positive 63-bit number in digits. */
export function idOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^\d{1,19}$/.test(value)) return undefined;
  const id = BigInt(value);
  return id > 0n && id < 1n << 63n ? String(id) : undefined;
}

/** A BCP 47 tag, as far as its form tells; absent otherwise. */
export function langOf(value: unknown): { lang?: string } {
  return typeof value === 'string' && value !== 'und' && /^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/.test(value)
    ? { lang: value }
    : {};
}
