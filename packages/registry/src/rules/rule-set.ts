import type { Json } from '../json.ts';
import { errors } from '../registry-error.ts';
import { flagAt, listAt, namesAt, objectAt, oneOfAt, textAt, textsAt } from './fields.ts';

const kinds = ['TRANSFORM', 'CONDITION'] as const;
const migrationModes = ['UPGRADE', 'DOWNGRADE', 'UPDOWN'] as const;
const dataModes = ['WRITE', 'READ', 'WRITEREAD'] as const;
const environments = ['ALL', 'CLIENT', 'GATEWAY', 'SERVER', 'NONE'] as const;
const lists = ['migrationRules', 'domainRules', 'encodingRules'] as const;
const nameLengthMax = 256;

/** A rule that clients run on data: this registry keeps it. */
export interface Rule {
  name: string | undefined;
  doc?: string;
  kind: (typeof kinds)[number];
  mode: (typeof migrationModes)[number] | (typeof dataModes)[number];
  type?: string;
  tags?: string[];
  params?: Record<string, string>;
  expr?: string;
  onSuccess?: string;
  onFailure?: string;
  disabled: boolean;
}

export interface RuleSet {
  migrationRules?: Rule[];
  domainRules?: Rule[];
  encodingRules?: Rule[];
  enableAt?: (typeof environments)[number];
}

/** @throws RegistryError 400 */
export function readRuleSet(json: Json | undefined, where = 'ruleSet'): RuleSet | undefined {
  const object = objectAt(json, where);
  if (object === undefined) return undefined;
  const ruleSet: RuleSet = {};
  for (const list of lists) {
    const rules = listAt(object[list], `${where}.${list}`)?.map((each, index) =>
      readRule(each, `${where}.${list}[${index}]`),
    );
    if (rules !== undefined && rules.length > 0) ruleSet[list] = rules;
  }
  const enableAt = oneOfAt(object['enableAt'], `${where}.enableAt`, environments);
  return enableAt === undefined ? ruleSet : { ...ruleSet, enableAt };
}

function readRule(json: Json, where: string): Rule {
  const rule = objectAt(json, where) ?? {};
  const text = (name: string): string | undefined => textAt(rule[name], `${where}.${name}`);
  const tags = namesAt(rule['tags'], `${where}.tags`) ?? [];
  const params = textsAt(rule['params'], `${where}.params`) ?? {};
  const read = {
    name: text('name'),
    doc: text('doc'),
    kind: oneOfAt(rule['kind'], `${where}.kind`, kinds) ?? 'TRANSFORM',
    mode: oneOfAt(rule['mode'], `${where}.mode`, [...migrationModes, ...dataModes]) ?? 'WRITEREAD',
    type: text('type'),
    tags: tags.length === 0 ? undefined : tags,
    params: Object.keys(params).length === 0 ? undefined : params,
    expr: text('expr'),
    onSuccess: text('onSuccess'),
    onFailure: text('onFailure'),
    disabled: flagAt(rule['disabled'], `${where}.disabled`) ?? false,
  };
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined)) as unknown as Rule;
}

/** Names are there, well-formed and once; types are there; modes fit the list. @throws RegistryError 42210 */
export function checkRuleSet(ruleSet: RuleSet | undefined): void {
  const names = new Set<string>();
  for (const list of lists) {
    for (const rule of ruleSet?.[list] ?? []) {
      checkName(rule.name);
      if (names.has(rule.name!)) throw errors.invalidRuleSet(`Found rule with duplicate name '${rule.name}'`);
      names.add(rule.name!);
      if (rule.type === undefined) throw errors.invalidRuleSet(`Missing rule type: rule '${rule.name}' needs one`);
      checkActions(rule);
      const isMigration = (migrationModes as readonly string[]).includes(rule.mode);
      if (list === 'migrationRules' && !isMigration) {
        throw errors.invalidRuleSet('Migration rules can only be UPGRADE, DOWNGRADE, UPDOWN');
      }
      if (list !== 'migrationRules' && isMigration) {
        const kind = list === 'domainRules' ? 'Domain' : 'Encoding';
        throw errors.invalidRuleSet(`${kind} rules can only be WRITE, READ, WRITEREAD`);
      }
    }
  }
}

function checkName(name: string | undefined): void {
  if (name === undefined) throw errors.invalidRuleSet('Missing rule name');
  if (name === '') throw errors.invalidRuleSet('Empty rule name');
  if (name.length > nameLengthMax) throw errors.invalidRuleSet('Rule name too long');
  if (!/^[\p{L}_]/u.test(name)) throw errors.invalidRuleSet(`Illegal initial character in rule name: ${name}`);
  if (!/^[\p{L}\p{Nd}_-]+$/u.test(name)) throw errors.invalidRuleSet(`Illegal character in rule name: ${name}`);
}

/** "a,b": one for each direction; there is a second one only where a rule runs both ways. */
function checkActions({ mode, onFailure, onSuccess }: Rule): void {
  if (mode === 'WRITEREAD' || mode === 'UPDOWN') return;
  if (onSuccess?.includes(',') === true || onFailure?.includes(',') === true) {
    throw errors.invalidRuleSet('Multiple actions only valid with WRITEREAD and UPDOWN');
  }
}

/** A rule of `next` takes the place of one of the same name in the same list. */
export function mergeRuleSets(earlier: RuleSet | undefined, next: RuleSet | undefined): RuleSet | undefined {
  if (earlier === undefined || next === undefined) return next ?? earlier;
  const merged: RuleSet = {};
  for (const list of lists) {
    const newer = next[list] ?? [];
    const kept = (earlier[list] ?? []).filter(({ name }) => !newer.some((each) => each.name === name));
    if (kept.length + newer.length > 0) merged[list] = [...kept, ...newer];
  }
  const enableAt = next.enableAt ?? earlier.enableAt;
  return enableAt === undefined ? merged : { ...merged, enableAt };
}

export function hasRuleOfType(ruleSet: RuleSet | undefined, type: string): boolean {
  return lists.some((list) => ruleSet?.[list]?.some((rule) => rule.type === type) === true);
}
