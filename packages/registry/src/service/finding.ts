import type { SchemaReference } from '@headwater/serdes';
import type { ParsedSchemas } from '../parsed-schemas.ts';
import { confluentVersionOf, withoutConfluentVersion } from '../rules/metadata.ts';
import type { RegisteredSchema } from '../state/records.ts';
import type { RegistryState } from '../state/registry-state.ts';
import { parseSubject } from '../state/subject.ts';
import type { Prepared } from './content.ts';

/** The version of a subject that is this schema: the very same one, or one that differs only by what does not count. */
export function findVersion(
  state: RegistryState,
  schemas: ParsedSchemas,
  subject: string,
  { content, parsed }: Prepared,
  withDeleted: boolean,
): RegisteredSchema | undefined {
  const versions = state.versions(subject, withDeleted);
  const id = state.idOf(parseSubject(subject).context, content.guid, content.schemaType);
  const same = id === undefined ? undefined : versions.findLast((each) => each.id === id);
  if (same !== undefined) return same;
  return versions.findLast((each) => {
    if (each.schemaType !== content.schemaType || !isSameText(each)) return false;
    return isSameMetadata(each, content) && JSON.stringify(each.ruleSet) === JSON.stringify(content.ruleSet);
  });

  function isSameText(each: RegisteredSchema): boolean {
    if (isSameReferences(each.references, content.references)) {
      return each.schema === content.schema || each.schema === parsed.canonical;
    }
    // The schema may come with all that the other one refers to written out.
    return content.references.length === 0 && schemas.of(each).formatted('resolved') === parsed.canonical;
  }
}

/** The version that metadata may name counts only where both name one. */
function isSameMetadata(
  { metadata: a }: Pick<RegisteredSchema, 'metadata'>,
  { metadata: b }: Prepared['content'],
): boolean {
  if (a === undefined && b === undefined) return true;
  const [versionOfA, versionOfB] = [confluentVersionOf(a), confluentVersionOf(b)];
  if (versionOfA !== undefined && versionOfB !== undefined && versionOfA !== versionOfB) return false;
  return JSON.stringify(withoutConfluentVersion(a) ?? {}) === JSON.stringify(withoutConfluentVersion(b) ?? {});
}

function isSameReferences(a: readonly SchemaReference[], b: readonly SchemaReference[]): boolean {
  return (
    a.length === b.length &&
    a.every((each, index) => {
      const { name, subject, version } = b[index]!;
      return each.name === name && each.subject === subject && each.version === version;
    })
  );
}
