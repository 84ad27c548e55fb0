import type { OriginValue } from '../resolve/environment.ts';
import type { ConfigValue } from '../values.ts';

/** Keys whose values are not shown on pages, as Spring's actuator hides them. */
const secretKey = /password|passwd|secret|token|credential|private[-_.]?key|api[-_.]?key|encrypt\.key|jaas/i;

/** A value as pages may show it: what was encrypted, or is called a secret, is six asterisks. */
export function shownValue(key: string, { value, origin }: OriginValue): ConfigValue {
  // Only what was decrypted has no origin.
  if (origin === null && value !== '<n/a>') return '******';
  if (typeof value === 'string' && value.startsWith('{cipher}')) return '******';
  const isPlaceholder = typeof value === 'string' && /^\$\{[^}]*\}$/.test(value);
  return secretKey.test(key) && !isPlaceholder && value !== '' ? '******' : value;
}
