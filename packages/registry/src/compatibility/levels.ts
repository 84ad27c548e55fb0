import type { ParsedSchema } from '@headwater/serdes';
import { type Incompatibility, incompatibilities } from './index.ts';
import type { CompatibilityPolicy } from './json-schema.ts';

export const compatibilityLevels = [
  'NONE',
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const;
export type CompatibilityLevel = (typeof compatibilityLevels)[number];

export function isCompatibilityLevel(text: unknown): text is CompatibilityLevel {
  return (compatibilityLevels as readonly unknown[]).includes(text);
}

export interface EarlierSchema {
  version: number;
  parsed: ParsedSchema;
}

export interface Conflict {
  earlier: EarlierSchema;
  reasons: Incompatibility[];
}

/** The first earlier version, the newest first, that the level asks to fit and that does not. */
export function findConflict(
  level: CompatibilityLevel,
  next: ParsedSchema,
  earlier: readonly EarlierSchema[],
  policy: CompatibilityPolicy = 'STRICT',
): Conflict | null {
  if (level === 'NONE') return null;
  const newestFirst = earlier.toSorted((a, b) => b.version - a.version);
  for (const each of level.endsWith('_TRANSITIVE') ? newestFirst : newestFirst.slice(0, 1)) {
    const reasons: Incompatibility[] = [];
    if (!level.startsWith('FORWARD')) reasons.push(...incompatibilities(next, each.parsed, policy));
    if (!level.startsWith('BACKWARD')) reasons.push(...incompatibilities(each.parsed, next, policy));
    if (reasons.length > 0) return { earlier: each, reasons };
  }
  return null;
}
