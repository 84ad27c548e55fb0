import type { WorkBudget } from './work-budget.ts';

/** Whether no two items are the same JSON; in time linear in what they hold. */
export function isUnique(items: readonly unknown[], budget: WorkBudget): boolean {
  const seen = new Set<unknown>();
  for (const item of items) {
    const text =
      item !== null && typeof item === 'object'
        ? `{${canonicalText(item)}`
        : typeof item === 'string'
          ? `"${item}`
          : item;
    if (seen.has(text)) return false;
    seen.add(text);
    budget.spend(typeof text === 'string' ? 1 + text.length : 1);
  }
  return true;
}

function canonicalText(value: object): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (member === null || typeof member !== 'object' || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** Exact for decimals as they are written: 0.3 is a multiple of 0.1, which a division of doubles denies. */
export function isMultipleOf(value: number, divisor: number): boolean {
  if (Number.isInteger(value) && Number.isInteger(divisor)) return value % divisor === 0;
  const [dividend, dividendScale] = decimalOf(value);
  const [by, byScale] = decimalOf(divisor);
  const scale = Math.max(dividendScale, byScale);
  return (dividend * 10n ** BigInt(scale - dividendScale)) % (by * 10n ** BigInt(scale - byScale)) === 0n;
}

/** The shortest decimal of a double: digits and how many of them are behind the point. */
function decimalOf(value: number): [digits: bigint, scale: number] {
  const [, whole, fraction = '', exponent = '0'] = /^(-?\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value))!;
  const scale = fraction.length - Number(exponent);
  const digits = BigInt(`${whole}${fraction}`);
  return scale < 0 ? [digits * 10n ** BigInt(-scale), 0] : [digits, scale];
}
