import { createHash, randomBytes } from 'node:crypto';
import type { Environment } from '../resolve/environment.ts';
import { type PropertyDocument, textOf } from '../values.ts';

/** How a key came to differ. Values are never told. */
export interface KeyChange {
  key: string;
  kind: 'added' | 'changed' | 'removed';
}

/** Keys and what stands for their values: enough to tell that one differs, and no more. */
export type KeyDigests = ReadonlyMap<string, string>;

/** Known to this process only, so that a digest that is shown tells nothing of a value that could be guessed. */
const salt = randomBytes(16);

export function digest(text: string): string {
  return createHash('sha256').update(salt).update(text).digest('base64url').slice(0, 16);
}

/** The keys of a file; in one with several documents each with the condition it stands under. */
export function fileDigests(documents: readonly PropertyDocument[]): KeyDigests {
  const digests = new Map<string, string>();
  documents.forEach((document) => {
    const condition = document.get('spring.config.activate.on-profile');
    const suffix = condition === undefined ? '' : ` (${textOf(condition.value)})`;
    for (const [key, { value }] of document) digests.set(key + suffix, digest(`${typeof value}:${textOf(value)}`));
  });
  return digests;
}

/** The keys of an environment with the values that win. */
export function environmentDigests(environment: Environment): KeyDigests {
  const digests = new Map<string, string>();
  for (const { source } of environment.propertySources) {
    for (const [key, { value }] of source) {
      if (!digests.has(key)) digests.set(key, digest(`${typeof value}:${textOf(value)}`));
    }
  }
  return digests;
}

export function keyChanges(before: KeyDigests, after: KeyDigests): KeyChange[] {
  const changes: KeyChange[] = [];
  for (const [key, value] of after) {
    const old = before.get(key);
    if (old === undefined) changes.push({ key, kind: 'added' });
    else if (old !== value) changes.push({ key, kind: 'changed' });
  }
  for (const key of before.keys()) if (!after.has(key)) changes.push({ key, kind: 'removed' });
  return changes;
}
