/** The types of Kafka's configuration values, and the checks that its own definitions make. */
/** PASSWORD is a text that is never told. */
export type ConfigType = 'BOOLEAN' | 'STRING' | 'INT' | 'LONG' | 'DOUBLE' | 'LIST' | 'PASSWORD';

export interface ConfigDefinition {
  type: ConfigType;
  /** As Kafka prints it. */
  default: string;
  /** Least and greatest number, both allowed. */
  min?: number;
  max?: number;
  /** For STRING the values allowed, for LIST the allowed items. */
  oneOf?: readonly string[];
  /** Broker settings that stand in when the topic says nothing, first one set wins; `factor` turns hours into milliseconds. */
  synonyms?: readonly { name: string; factor?: number }[];
  /** False: accepted, stored and described, but without effect on one node. */
  hasEffect?: boolean;
  /** A broker's setting that may be changed while it runs, in Kafka's update modes; absent: at its start only. */
  update?: 'cluster-wide' | 'per-broker';
  documentation: string;
}

/** 2^63-1 as text: as a double it would print as 9223372036854775808. */
export const LONG_MAX = '9223372036854775807';

const INT_MAX = 2 ** 31 - 1;
const INT_MIN = -(2 ** 31);

/** Why `value` is not a value of this setting, in Kafka's words as far as they are short; null when it is one. */
export function configValueProblem(definition: ConfigDefinition, name: string, value: string): string | null {
  const text = value.trim();
  switch (definition.type) {
    case 'BOOLEAN':
      return /^(true|false)$/i.test(text) ? null : invalid(name, value, 'Expected value to be either true or false');
    case 'INT':
    case 'LONG': {
      if (!/^[+-]?\d+$/.test(text)) return invalid(name, value, `Not a number of type ${definition.type}`);
      const exact = BigInt(text);
      const fits =
        definition.type === 'INT' ? exact >= INT_MIN && exact <= INT_MAX : BigInt.asIntN(64, exact) === exact;
      if (!fits) return invalid(name, value, `Not a number of type ${definition.type}`);
      return rangeProblem(definition, name, value, Number(exact));
    }
    case 'DOUBLE': {
      const number = text === '' ? Number.NaN : Number(text);
      if (Number.isNaN(number)) return invalid(name, value, 'Not a number of type DOUBLE');
      return rangeProblem(definition, name, value, number);
    }
    case 'STRING':
    case 'PASSWORD':
      return definition.oneOf && !definition.oneOf.includes(text)
        ? invalid(name, value, `String must be one of: ${definition.oneOf.join(', ')}`)
        : null;
    case 'LIST': {
      const wrong = listItems(text).find((item) => definition.oneOf && !definition.oneOf.includes(item));
      return wrong === undefined
        ? null
        : invalid(name, value, `String must be one of: ${definition.oneOf!.join(', ')}; ${wrong} is not`);
    }
  }
}

export function listItems(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function rangeProblem(definition: ConfigDefinition, name: string, value: string, number: number): string | null {
  if (definition.min !== undefined && number < definition.min) {
    return invalid(name, value, `Value must be at least ${definition.min}`);
  }
  if (definition.max !== undefined && number > definition.max) {
    return invalid(name, value, `Value must be no more than ${definition.max}`);
  }
  return null;
}

function invalid(name: string, value: string, why: string): string {
  return `Invalid value ${value} for configuration ${name}: ${why}`;
}
