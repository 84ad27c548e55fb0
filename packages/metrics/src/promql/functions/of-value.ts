/** Functions of each value of a vector, with scalar arguments. */
export type OfValue = (value: number, a: number, b: number) => number;

function utc(pick: (date: Date) => number): OfValue {
  return (seconds) => {
    const date = new Date(Math.trunc(seconds) * 1_000);
    return Number.isNaN(date.getTime()) ? Number.NaN : pick(date);
  };
}

const dayMs = 86_400_000;

export const dates: Readonly<Record<string, OfValue>> = {
  minute: utc((date) => date.getUTCMinutes()),
  hour: utc((date) => date.getUTCHours()),
  day_of_week: utc((date) => date.getUTCDay()),
  day_of_month: utc((date) => date.getUTCDate()),
  day_of_year: utc((date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / dayMs) + 1),
  days_in_month: utc((date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()),
  month: utc((date) => date.getUTCMonth() + 1),
  year: utc((date) => date.getUTCFullYear()),
};

/** Go's: infinity wins over NaN. */
function larger(a: number, b: number): number {
  return a === Number.POSITIVE_INFINITY || b === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : Math.max(a, b);
}

function smaller(a: number, b: number): number {
  return a === Number.NEGATIVE_INFINITY || b === Number.NEGATIVE_INFINITY ? Number.NEGATIVE_INFINITY : Math.min(a, b);
}

export const ofValue: Readonly<Record<string, OfValue>> = {
  ...dates,
  abs: Math.abs,
  acos: Math.acos,
  acosh: Math.acosh,
  asin: Math.asin,
  asinh: Math.asinh,
  atan: Math.atan,
  atanh: Math.atanh,
  ceil: Math.ceil,
  cos: Math.cos,
  cosh: Math.cosh,
  deg: (value) => (value * 180) / Math.PI,
  exp: Math.exp,
  floor: Math.floor,
  ln: Math.log,
  log10: Math.log10,
  log2: Math.log2,
  rad: (value) => (value * Math.PI) / 180,
  sgn: (value) => (value < 0 ? -1 : value > 0 ? 1 : value),
  sin: Math.sin,
  sinh: Math.sinh,
  sqrt: Math.sqrt,
  tan: Math.tan,
  tanh: Math.tanh,
  clamp: (value, min, max) => larger(min, smaller(max, value)),
  clamp_min: (value, min) => larger(min, value),
  clamp_max: (value, max) => smaller(max, value),
  // One over the unit: 0.1 * 3 is not 0.3, 3 / 10 is.
  round: (value, unit) => Math.floor(value * (1 / unit) + 0.5) / (1 / unit),
};
