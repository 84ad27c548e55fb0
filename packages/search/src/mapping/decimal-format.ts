/** The common part of java.text.DecimalFormat: `#.00`, `0000`, `#,##0.0`, a literal before and after. */
export function formatDecimal(value: number | bigint, pattern: string): string {
  const match = /^([^#0,.]*)([#0,]*)(?:\.([0#]*))?(E0+)?(.*)$/.exec(pattern)!;
  const [, prefix, whole = '', fraction = '', , suffix] = match;
  const isNegative = value < 0;
  const minWhole = (whole.match(/0/g) ?? []).length;
  const minFraction = (fraction.match(/0/g) ?? []).length;
  let text: string;
  if (typeof value === 'bigint')
    text = (isNegative ? -value : value).toString() + (minFraction > 0 ? `.${'0'.repeat(minFraction)}` : '');
  else {
    text = Math.abs(value).toFixed(fraction.length);
    if (fraction.length > minFraction) {
      const dot = text.length - fraction.length;
      text = text.slice(0, dot + minFraction) + text.slice(dot + minFraction).replace(/0+$/, '');
      if (text.endsWith('.')) text = text.slice(0, -1);
    }
  }
  let [integer, decimals] = text.split('.') as [string, string | undefined];
  integer = integer.padStart(minWhole, '0');
  if (minWhole === 0 && integer === '0' && decimals !== undefined) integer = '';
  const comma = whole.lastIndexOf(',');
  if (comma >= 0) {
    const size = whole.length - comma - 1;
    integer = integer.replace(new RegExp(`\\B(?=(\\d{${size}})+$)`, 'g'), ',');
  }
  return `${isNegative ? '-' : ''}${prefix}${integer}${decimals === undefined ? '' : `.${decimals}`}${suffix}`;
}
