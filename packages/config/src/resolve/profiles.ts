import { ConfigError } from '../config-error.ts';

/** The profiles of a request as a set in their order, checked as Boot checks them. Throws HW_CONFIG_INVALID_PROPERTY. */
export function requestedProfiles(profiles: string): string[] {
  const list = [...new Set(profiles.split(','))];
  for (const profile of list) checkProfile(profile);
  return list;
}

export function checkProfile(profile: string): void {
  if (/^[\p{L}\p{Nd}](?:[\p{L}\p{Nd}_.+@-]*[\p{L}\p{Nd}])?$/u.test(profile)) return;
  throw new ConfigError(
    'HW_CONFIG_INVALID_PROPERTY',
    `the profile "${profile.slice(0, 100)}" must be letters, digits and -_.+@, with a letter or digit first and last`,
  );
}

/** Profiles with the members of their groups after them. */
export function expandProfiles(profiles: readonly string[], groups: ReadonlyMap<string, readonly string[]>): string[] {
  const expanded = new Set<string>();
  const stack = [...profiles].reverse();
  while (stack.length > 0) {
    const profile = stack.pop()!;
    if (expanded.has(profile)) continue;
    expanded.add(profile);
    stack.push(...[...(groups.get(profile) ?? [])].reverse());
  }
  return [...expanded];
}
