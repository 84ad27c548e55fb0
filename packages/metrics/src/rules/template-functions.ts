import { compileRegex } from '../labels/matcher.ts';
import { MetricsError } from '../metrics-error.ts';
import { durationMs } from '../promql/duration.ts';
import { isTrue, numberShown, type TemplateSample, type TemplateValue } from './template.ts';

type Call = (args: readonly TemplateValue[]) => TemplateValue;

function numberOf(value: TemplateValue | undefined): number {
  if (typeof value === 'number') return value;
  const text = String(value ?? '');
  if (/^\+?inf$/i.test(text)) return Number.POSITIVE_INFINITY;
  if (/^-inf$/i.test(text)) return Number.NEGATIVE_INFINITY;
  const number = Number(text);
  if (text.trim() === '' || (Number.isNaN(number) && !/^nan$/i.test(text)))
    throw new MetricsError('HW_METRICS_RULES', `template: "${text}" is no number`);
  return number;
}

/** Go's `%.4g`. */
function fourDigits(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return '0';
  const exponent = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(4)))));
  if (exponent < -4 || exponent >= 4) {
    const [digits, power] = value.toExponential(3).split('e') as [string, string];
    const shown = digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
    return `${shown}e${power[0]}${power.slice(1).padStart(2, '0')}`;
  }
  return String(Number(value.toPrecision(4)));
}

function humanize(value: number, base: 1_000 | 1_024): string {
  if (value === 0 || !Number.isFinite(value)) return fourDigits(value);
  let rest = value;
  if (Math.abs(rest) >= 1 || base === 1_024) {
    let prefix = '';
    for (const each of base === 1_000 ? 'kMGTPEZY' : ['ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi']) {
      if (Math.abs(rest) < base) break;
      prefix = each;
      rest /= base;
    }
    return fourDigits(rest) + prefix;
  }
  let prefix = '';
  for (const each of 'mµnpfazy') {
    if (Math.abs(rest) >= 1) break;
    prefix = each;
    rest *= base;
  }
  return fourDigits(rest) + prefix;
}

function humanizeDuration(value: number): string {
  if (!Number.isFinite(value)) return fourDigits(value);
  if (value === 0) return '0s';
  const size = Math.abs(value);
  if (size < 1) return `${humanize(value, 1_000)}s`;
  const sign = value < 0 ? '-' : '';
  const whole = Math.trunc(size);
  const [days, hours, minutes, seconds] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3_600) % 24,
    Math.floor(whole / 60) % 60,
    whole % 60,
  ];
  if (days > 0) return `${sign}${days}d ${hours}h ${minutes}m ${seconds}s`;
  if (hours > 0) return `${sign}${hours}h ${minutes}m ${seconds}s`;
  if (minutes > 0) return `${sign}${minutes}m ${seconds}s`;
  return `${sign}${fourDigits(size)}s`;
}

/** Go's verbs that rules use: %s %v %d %q %f %.2f %g %e %x %t %%, with width. */
function printf(format: string, args: readonly TemplateValue[]): string {
  let next = 0;
  return format.replace(
    /%([-+0 ]*)(\d*)(?:\.(\d+))?([a-zA-Z%])/g,
    (_, flags: string, width: string, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      const value = args[next++];
      const number = (): number => (typeof value === 'number' ? value : Number(value));
      let text: string;
      switch (verb) {
        case 'f':
          text = Number.isFinite(number()) ? number().toFixed(Number(precision ?? 6)) : fourDigits(number());
          break;
        case 'd':
          text = String(Math.trunc(number()));
          break;
        case 'e':
          text = number()
            .toExponential(Number(precision ?? 6))
            .replace(/e([+-])(\d)$/, 'e$10$2');
          break;
        case 'g':
          text =
            precision === '4'
              ? fourDigits(number())
              : precision === undefined
                ? numberShown(number())
                : String(Number(number().toPrecision(Number(precision) || 1)));
          break;
        case 'q':
          text = JSON.stringify(String(value ?? ''));
          break;
        case 'x':
          text =
            typeof value === 'number' ? Math.trunc(value).toString(16) : Buffer.from(String(value)).toString('hex');
          break;
        default:
          text = typeof value === 'number' ? numberShown(value) : String(value ?? '');
      }
      if (flags.includes('+') && /[dfeg]/.test(verb) && number() >= 0) text = `+${text}`;
      const size = Number(width || 0);
      return flags.includes('-')
        ? text.padEnd(size)
        : text.padStart(size, flags.includes('0') && /[dfeg]/.test(verb) ? '0' : ' ');
    },
  );
}

function compared(isRight: (order: number) => boolean): Call {
  return ([a, b]) =>
    isRight(
      typeof a === 'number' && typeof b === 'number'
        ? a - b
        : String(a) < String(b)
          ? -1
          : String(a) > String(b)
            ? 1
            : 0,
    );
}

const samplesOf = (value: TemplateValue | undefined): TemplateSample[] => (Array.isArray(value) ? value : []);
const regexOf = (value: TemplateValue | undefined) => compileRegex(String(value));

/** https://prometheus.io/docs/prometheus/latest/configuration/template_reference/ and Go's own. */
export const templateFunctions: Readonly<Record<string, Call>> = {
  identity: ([value]) => value ?? null,
  field: ([value, ...names]) =>
    names.reduce<TemplateValue>(
      (of, name) => ((of as Record<string, TemplateValue> | null)?.[String(name)] ?? '') as TemplateValue,
      value ?? null,
    ),
  humanize: ([value]) => humanize(numberOf(value), 1_000),
  humanize1024: ([value]) => humanize(numberOf(value), 1_024),
  humanizeDuration: ([value]) => humanizeDuration(numberOf(value)),
  humanizePercentage: ([value]) => `${fourDigits(numberOf(value) * 100)}%`,
  humanizeTimestamp: ([value]) => {
    const seconds = numberOf(value);
    if (!Number.isFinite(seconds)) return fourDigits(seconds);
    return `${new Date(seconds * 1_000)
      .toISOString()
      .replace('T', ' ')
      .replace(/\.?0*Z$/, '')} +0000 UTC`;
  },
  toTime: ([value]) => new Date(numberOf(value) * 1_000).toISOString(),
  parseDuration: ([value]) => (durationMs(String(value)) ?? Number.NaN) / 1_000,
  title: ([value]) =>
    String(value).replace(/(^|\s)(\S)/g, (_, blank: string, letter: string) => blank + letter.toUpperCase()),
  toUpper: ([value]) => String(value).toUpperCase(),
  toLower: ([value]) => String(value).toLowerCase(),
  match: ([pattern, text]) => regexOf(pattern).find(String(text)) !== null,
  reReplaceAll: ([pattern, replacement, text]) => regexOf(pattern).replaceAll(String(text), String(replacement)),
  stripPort: ([value]) => String(value).replace(/:\d+$/, ''),
  stripDomain: ([value]) => String(value).replace(/^([^.:[\]]+)\.[^:]*/, '$1'),
  graphLink: ([value]) => `/graph?g0.expr=${encodeURIComponent(String(value))}&g0.tab=0`,
  tableLink: ([value]) => `/graph?g0.expr=${encodeURIComponent(String(value))}&g0.tab=1`,
  pathPrefix: () => '',
  safeHtml: ([value]) => value ?? '',
  first: ([value]) => {
    const [first] = samplesOf(value);
    if (first === undefined)
      throw new MetricsError('HW_METRICS_RULES', 'template: first() called on vector with no elements');
    return first;
  },
  value: ([value]) => (value as TemplateSample | null)?.Value ?? 0,
  label: ([name, value]) => (value as TemplateSample | null)?.Labels[String(name)] ?? '',
  strvalue: ([value]) => (value as TemplateSample | null)?.Labels['__value__'] ?? '',
  sortByLabel: ([name, value]) =>
    [...samplesOf(value)].sort((a, b) => ((a.Labels[String(name)] ?? '') < (b.Labels[String(name)] ?? '') ? -1 : 1)),
  printf: ([format, ...args]) => printf(String(format), args),
  print: (args) => args.map((each) => (typeof each === 'number' ? numberShown(each) : String(each))).join(''),
  len: ([value]) => (typeof value === 'string' ? value.length : samplesOf(value).length),
  index: ([value, key]) => (value as Record<string, string> | null)?.[String(key)] ?? '',
  and: (args) => args.find((each) => !isTrue(each)) ?? args.at(-1) ?? null,
  or: (args) => args.find((each) => isTrue(each)) ?? args.at(-1) ?? null,
  not: ([value]) => !isTrue(value ?? null),
  eq: ([value, ...others]) => others.some((other) => other === value),
  ne: ([a, b]) => a !== b,
  lt: compared((order) => order < 0),
  le: compared((order) => order <= 0),
  gt: compared((order) => order > 0),
  ge: compared((order) => order >= 0),
  urlquery: ([value]) => encodeURIComponent(String(value)),
};
