/** Units of UCUM that OpenTelemetry's metrics come in, by the words that Prometheus' names end with. */
const units: Readonly<Record<string, string>> = {
  ...{ d: 'days', h: 'hours', min: 'minutes', s: 'seconds', ms: 'milliseconds', us: 'microseconds', ns: 'nanoseconds' },
  ...{ By: 'bytes', KiBy: 'kibibytes', MiBy: 'mebibytes', GiBy: 'gibibytes', TiBy: 'tibibytes' },
  ...{ KBy: 'kilobytes', MBy: 'megabytes', GBy: 'gigabytes', TBy: 'terabytes', B: 'bytes' },
  ...{ m: 'meters', V: 'volts', A: 'amperes', J: 'joules', W: 'watts', g: 'grams', Cel: 'celsius', Hz: 'hertz' },
  '%': 'percent',
};
const perUnits: Readonly<Record<string, string>> = {
  ...{ s: 'second', m: 'minute', h: 'hour', d: 'day', w: 'week', mo: 'month', y: 'year' },
};

/**
 * The name of an OpenTelemetry metric as Prometheus has it
 * (https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-metadata-1): signs that are not allowed become `_`, the unit
 * is its end, then `_total` for what only grows.
 *
 * @example
 * prometheusName('http.server.request.duration', 's', 'histogram'); // http_server_request_duration_seconds
 * prometheusName('jobs.done', '{job}', 'counter'); // jobs_done_total
 */
export function prometheusName(name: string, unit: string, type: string): string {
  const words = name.split(/[^a-zA-Z0-9:]+/).filter((word) => word !== '');
  const endings = unitWords(unit);
  if (type === 'gauge' && unit === '1' && !words.includes('ratio')) endings.push('ratio');
  const isTotal = type === 'counter';
  const total = words.at(-1) === 'total' ? words.pop() : undefined;
  const missing = endings.filter((ending) => !words.includes(ending));
  const whole = [...words, ...missing, ...(isTotal || total !== undefined ? ['total'] : [])].join('_');
  return /^[0-9]/.test(whole) || whole === '' ? `_${whole}` : whole;
}

/** The name of an attribute as a label. */
export function prometheusLabel(name: string): string {
  const safe = name.replace(/[^a-zA-Z0-9_]+/g, '_');
  return /^[0-9]/.test(safe) || safe === '' ? `key_${safe}` : safe;
}

function unitWords(unit: string): string[] {
  const [main = '', per] = unit.split('/', 2).map((part) => part.replace(/\{[^}]*\}/g, '').trim());
  const words: string[] = [];
  const mainWord = main === '1' ? '' : (units[main] ?? main.replace(/[^a-zA-Z0-9]+/g, '_').replace(/^_+|_+$/g, ''));
  if (mainWord !== '') words.push(mainWord);
  if (per !== undefined && per !== '') words.push('per', perUnits[per] ?? per.replace(/[^a-zA-Z0-9]+/g, '_'));
  return words;
}
