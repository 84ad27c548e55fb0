interface Decimal {
  unscaled: bigint;
  scale: number;
}

/** Beyond it an exponent is no decimal that a schema means: it is compared as a double. */
const scaleMax = 10_000;

export function isSameDecimal(a: string, b: string): boolean {
  const [one, other] = aligned(a, b);
  return one === other;
}

/** Exact: 0.3 is a multiple of 0.1. */
export function isMultiple(value: string, of: string): boolean {
  const [dividend, divisor] = aligned(value, of);
  return divisor !== 0n && dividend % divisor === 0n;
}

function aligned(a: string, b: string): [bigint, bigint] {
  const [one, other] = [decimal(a), decimal(b)];
  const scale = Math.max(one.scale, other.scale);
  return [one.unscaled * 10n ** BigInt(scale - one.scale), other.unscaled * 10n ** BigInt(scale - other.scale)];
}

function decimal(text: string): Decimal {
  const [, whole, fraction = '', exponent = '0'] = /^(-?\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!;
  const scale = fraction.length - Number(exponent);
  if (Math.abs(scale) > scaleMax) return { unscaled: 0n, scale: 0 };
  return scale < 0
    ? { unscaled: BigInt(`${whole}${fraction}`) * 10n ** BigInt(-scale), scale: 0 }
    : { unscaled: BigInt(`${whole}${fraction}`), scale };
}
