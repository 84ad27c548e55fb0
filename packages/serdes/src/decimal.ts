const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,5}))?$/;

/**
 * An exact decimal number: `unscaled` × 10^-`scale`. JSON has it as text.
 *
 * @example
 * Decimal.parse('12.50').toString(); // '12.50'
 * new Decimal(1250n, 2).equals(Decimal.parse('12.5')); // true
 */
export class Decimal {
  readonly unscaled: bigint;
  /** Digits after the point; 0 or more. */
  readonly scale: number;

  constructor(unscaled: bigint, scale: number) {
    if (!Number.isInteger(scale) || scale < 0) throw new RangeError(`A scale is 0 or more, not ${scale}`);
    this.unscaled = unscaled;
    this.scale = scale;
  }

  /** @throws RangeError for what is no decimal number, such as '' or 'NaN' */
  static parse(text: string): Decimal {
    const [, sign, whole = '', fraction = '', exponent = '0'] = pattern.exec(text) ?? [];
    if (sign === undefined || whole + fraction === '') throw new RangeError(`"${text}" is no decimal number`);
    const unscaled = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
    const scale = fraction.length - Number(exponent);
    return scale >= 0 ? new Decimal(unscaled, scale) : new Decimal(unscaled * 10n ** BigInt(-scale), 0);
  }

  /** A number is taken as its shortest text: 0.1 is 0.1. */
  static from(value: Decimal | string | number | bigint): Decimal {
    if (value instanceof Decimal) return value;
    return typeof value === 'bigint' ? new Decimal(value, 0) : Decimal.parse(String(value));
  }

  /** The same number with so many digits after the point; undefined where digits would be lost. */
  withScale(scale: number): Decimal | undefined {
    if (scale === this.scale) return this;
    if (scale > this.scale) return new Decimal(this.unscaled * 10n ** BigInt(scale - this.scale), scale);
    const divisor = 10n ** BigInt(this.scale - scale);
    return this.unscaled % divisor === 0n ? new Decimal(this.unscaled / divisor, scale) : undefined;
  }

  equals(other: Decimal): boolean {
    const scale = Math.max(this.scale, other.scale);
    return this.withScale(scale)!.unscaled === other.withScale(scale)!.unscaled;
  }

  /** The nearest number. */
  toNumber(): number {
    return Number(this.toString());
  }

  toString(): string {
    if (this.scale === 0) return String(this.unscaled);
    const digits = String(this.unscaled < 0n ? -this.unscaled : this.unscaled).padStart(this.scale + 1, '0');
    return `${this.unscaled < 0n ? '-' : ''}${digits.slice(0, -this.scale)}.${digits.slice(-this.scale)}`;
  }

  toJSON(): string {
    return this.toString();
  }
}
