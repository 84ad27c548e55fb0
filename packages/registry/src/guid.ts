import { createHash, type Hash } from 'node:crypto';
import type { SchemaReference } from '@headwater/serdes';
import type { Metadata } from './rules/metadata.ts';
import type { Rule, RuleSet } from './rules/rule-set.ts';

export interface SchemaContent {
  schema: string;
  references: readonly SchemaReference[];
  metadata: Metadata | undefined;
  ruleSet: RuleSet | undefined;
}

/** The same for the same schema in every registry, Confluent's too: the MD5 of its content, written as a UUID. */
export function guidOf({ schema, references, metadata, ruleSet }: SchemaContent): string {
  const hash = createHash('md5').update(schema);
  for (const { name, subject, version } of references) hash.update(name).update(subject).update(int32(version));
  if (metadata !== undefined) addMetadata(hash, metadata);
  if (ruleSet !== undefined) addRuleSet(hash, ruleSet);
  return uuidText(hash.digest());
}

/** @param bytes 16 */
export function uuidText(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Where metadata and rules begin there is a 1: so that nothing at all and an empty one differ. */
const present = Buffer.of(1);

function addMetadata(hash: Hash, { properties, sensitive, tags }: Metadata): void {
  hash.update(present);
  for (const [path, names] of inOrder(tags)) {
    hash.update(path);
    for (const name of names) hash.update(name);
  }
  for (const [name, value] of inOrder(properties)) hash.update(name).update(value);
  for (const name of sensitive ?? []) hash.update(name);
}

function addRuleSet(hash: Hash, { domainRules, enableAt, encodingRules, migrationRules }: RuleSet): void {
  hash.update(present);
  for (const rule of [...(migrationRules ?? []), ...(domainRules ?? []), ...(encodingRules ?? [])]) addRule(hash, rule);
  if (enableAt !== undefined) hash.update(enableAt);
}

function addRule(hash: Hash, rule: Rule): void {
  for (const text of [rule.name, rule.doc, rule.kind, rule.mode, rule.type]) if (text !== undefined) hash.update(text);
  for (const tag of rule.tags ?? []) hash.update(tag);
  for (const [name, value] of inOrder(rule.params)) hash.update(name).update(value);
  for (const text of [rule.expr, rule.onSuccess, rule.onFailure]) if (text !== undefined) hash.update(text);
  if (rule.disabled) hash.update(present);
}

/** Members by name: an object puts those that look like numbers first. */
function inOrder<T>(object: Record<string, T> | undefined): [string, T][] {
  const names = Object.keys(object ?? {}).sort();
  return names.map((name) => [name, object![name]!]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
