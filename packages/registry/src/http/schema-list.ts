import { hasRuleOfType } from '../rules/rule-set.ts';
import type { RegisteredSchema } from '../state/records.ts';
import type { RegistryState } from '../state/registry-state.ts';
import { allContexts, parseSubject, subjectFrom, subjectText } from '../state/subject.ts';

export interface ListedSchema {
  schema: RegisteredSchema;
  /** Subjects that stand for its subject. */
  aliases: string[];
}

export interface ListOptions {
  prefix: string;
  withAliases: boolean;
  withDeleted: boolean;
  latestOnly: boolean;
  /** '' for all. */
  ruleType: string;
}

/** Schemas of all subjects in a prefix, by subject and version; with `withAliases` also of those that an alias in the prefix stands for. */
export function listSchemas(state: RegistryState, options: ListOptions): ListedSchema[] {
  const { prefix, withDeleted } = options;
  const aliases = options.withAliases ? aliasesIn(state, prefix) : new Map<string, string[]>();
  const subjects = new Set(state.subjects(withDeleted).filter((subject) => isInPrefix(subject, prefix)));
  for (const target of aliases.keys()) subjects.add(target);
  const listed: ListedSchema[] = [];
  for (const subject of [...subjects].sort()) {
    const versions = state.versions(subject, withDeleted);
    for (const schema of options.latestOnly ? versions.slice(-1) : versions) {
      if (options.ruleType !== '' && !hasRuleOfType(schema.ruleSet, options.ruleType)) continue;
      listed.push({ schema, aliases: aliases.get(subject) ?? [] });
    }
  }
  return listed;
}

/** The prefix may name a context (`:.ctx:`), or all of them (`:*:`). */
export function isInPrefix(subject: string, prefix: string): boolean {
  const own = parseSubject(subject);
  if (prefix.startsWith(allContexts)) return own.name.startsWith(prefix.slice(allContexts.length));
  const wanted = parseSubject(prefix);
  return own.context === wanted.context && own.name.startsWith(wanted.name);
}

/** Subjects in the prefix that stand for others, by those. */
function aliasesIn(state: RegistryState, prefix: string): Map<string, string[]> {
  const aliases = new Map<string, string[]>();
  for (const [subject, { alias = '' }] of state.configs()) {
    if (subject === null || alias === '' || !isInPrefix(subject, prefix)) continue;
    const target = subjectText(parseSubject(subjectFrom(subject, alias)));
    aliases.set(target, [...(aliases.get(target) ?? []), subject]);
  }
  return aliases;
}
