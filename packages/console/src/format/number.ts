/** Numbers as the console shows them. English and fixed, so that two people reading one screen see the same text. */

/** `1234567` → `1,234,567`: the exact form, for hover, copy and tables of offsets. */
export function formatExact(value: number | bigint): string {
  const text = value.toString();
  const [whole = '', fraction] = text.split('.');
  const sign = whole.startsWith('-') ? '-' : '';
  const digits = sign ? whole.slice(1) : whole;
  if (!/^\d+$/.test(digits)) return text;
  const grouped = digits.replace(/\B(?=(\d{3})+$)/g, ',');
  return `${sign}${grouped}${fraction ? `.${fraction}` : ''}`;
}

const scales: [number, string][] = [
  [1e12, 'T'],
  [1e9, 'B'],
  [1e6, 'M'],
  [1e3, 'k'],
];

/** `12345` → `12.3k`; below ten thousand exact with grouping. Three significant figures, never rounded up to the next scale. */
export function formatCount(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size < 10_000) return formatExact(Math.round(value));
  return shorten(value);
}

function shorten(value: number): string {
  const size = Math.abs(value);
  for (const [scale, unit] of scales) {
    if (size >= scale) {
      const scaled = value / scale;
      const decimals = Math.abs(scaled) >= 100 ? 0 : Math.abs(scaled) >= 10 ? 1 : 2;
      const factor = 10 ** decimals;
      const cut = Math.trunc(scaled * factor) / factor;
      return `${cut.toFixed(decimals)}${unit}`;
    }
  }
  return formatExact(Math.round(value));
}

/** A rate without its unit: few digits that do not flicker. `0.04` → `<0.1`, `3.42` → `3.4`, `42.4` → `42`, `1234` → `1.23k`. */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return '–';
  const size = Math.abs(perSecond);
  if (size === 0) return '0';
  if (size < 0.1) return '<0.1';
  if (size < 9.95) return perSecond.toFixed(1);
  if (size < 1000) return String(Math.sign(perSecond) * Math.min(999, Math.round(size)));
  return shorten(perSecond);
}

const byteScales: [number, string][] = [
  [1e12, 'TB'],
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1e3, 'kB'],
];

/** Decimal bytes: `12 B`, `1.2 kB`, `5.0 MB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return '–';
  for (const [scale, unit] of byteScales) {
    if (bytes >= scale) {
      const scaled = bytes / scale;
      return `${scaled.toFixed(scaled >= 100 ? 0 : 1)} ${unit}`;
    }
  }
  return `${Math.round(bytes)} B`;
}

/** `1 record`, `2 records`, `12.3k records`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
