/** A number with a fraction or exponent: kept apart from whole numbers, since answers show `1.0` and not `1`. */
export class Double {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  /** As Java writes a double: `1.0`, `1.0E10`, `Infinity`. */
  toString(): string {
    const { value } = this;
    if (Number.isNaN(value)) return 'NaN';
    if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
    if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
    const size = Math.abs(value);
    const [digits, exponentText] = size.toExponential().split('e') as [string, string];
    const exponent = Number(exponentText);
    const sign = value < 0 ? '-' : '';
    if (exponent >= -3 && exponent < 7) {
      const plain = exponent < 0 ? size.toFixed(digits.replace('.', '').length - exponent - 1) : String(size);
      return sign + (plain.includes('.') ? plain : `${plain}.0`);
    }
    return `${sign}${digits.includes('.') ? digits : `${digits}.0`}E${exponent}`;
  }
}

/** A value as its file types it. Whole numbers beyond 2^53 are bigint. */
export type ConfigValue = string | boolean | number | bigint | Double;

/** The value as text, as it stands in `.properties` answers and in place of a placeholder. */
export function textOf(value: ConfigValue): string {
  return typeof value === 'string' ? value : String(value);
}

/** The value as JSON. */
export function jsonOf(value: ConfigValue): string {
  if (typeof value === 'string') return jsonText(value);
  if (value instanceof Double) {
    const text = value.toString();
    return Number.isFinite(value.value) ? text : `"${text}"`;
  }
  return String(value);
}

/** A JSON string. Lone surrogates and control characters are escaped. */
export function jsonText(text: string): string {
  return JSON.stringify(text).replace(/\\u00([0-9a-f]{2})/g, (_, hex: string) => `\\u00${hex.toUpperCase()}`);
}

/** One key's value and where it stands in its file, counted from 1. */
export interface Property {
  readonly value: ConfigValue;
  readonly line: number;
  readonly column: number;
}

/** The flat keys (`a.b`, `list[0]`) of one document of a file, in the order of the file. */
export type PropertyDocument = ReadonlyMap<string, Property>;
