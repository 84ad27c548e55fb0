import { MetricsError } from '../metrics-error.ts';

export type MetricType =
  | 'counter'
  | 'gauge'
  | 'histogram'
  | 'summary'
  | 'unknown'
  | 'info'
  | 'stateset'
  | 'gaugehistogram';

export interface Metadata {
  type: MetricType;
  help: string;
  unit: string;
}

export interface ExpositionHandler {
  /** @param series as it stands: the same text names the same series @param timestampMs where the target says one */
  sample(series: string, value: number, timestampMs: number | undefined): void;
  /** Told when a metric's TYPE, HELP or UNIT is read. */
  metadata?(name: string, metadata: Readonly<Metadata>): void;
}

const types: readonly string[] = [
  'counter',
  'gauge',
  'histogram',
  'summary',
  'unknown',
  'info',
  'stateset',
  'gaugehistogram',
  'untyped',
];

/** Whether a `Content-Type` is OpenMetrics'. */
export function isOpenMetrics(contentType: string | null | undefined): boolean {
  return /^\s*application\/openmetrics-text\b/i.test(contentType ?? '');
}

/**
 * Reads Prometheus' text format 0.0.4, or OpenMetrics 1.0, which differs in times (seconds, not milliseconds), exemplars, units and its end
 * (`# EOF`). @throws HW_METRICS_EXPOSITION with the line
 */
export function parseExposition(text: string, isOpen: boolean, handler: ExpositionHandler): void {
  const described = new Map<string, Metadata>();
  let number = 0;
  let at = 0;
  let isEnded = false;
  while (at < text.length) {
    number += 1;
    let end = text.indexOf('\n', at);
    if (end === -1) end = text.length;
    const from = at;
    at = end + 1;
    if (text.charCodeAt(end - 1) === 13 && !isOpen) end -= 1;
    if (end <= from) {
      if (isOpen) throw bad(number, 'OpenMetrics has no empty lines');
      continue;
    }
    if (isEnded) throw bad(number, 'something follows # EOF');
    if (text.charCodeAt(from) === 35) {
      if (isOpen && text.slice(from, end) === '# EOF') isEnded = true;
      else comment(text.slice(from, end), described, handler);
      continue;
    }
    readSample(text, from, end, number, isOpen, handler);
  }
  if (isOpen && !isEnded) throw bad(number, 'data does not end with # EOF');
}

function bad(line: number, message: string): MetricsError {
  return new MetricsError('HW_METRICS_EXPOSITION', `line ${line}: ${message}`);
}

function comment(line: string, described: Map<string, Metadata>, handler: ExpositionHandler): void {
  const match = /^#[ \t]+(HELP|TYPE|UNIT)[ \t]+("(?:[^"\\]|\\.)*"|[^ \t]+)[ \t]*(.*)$/.exec(line);
  if (match === null) return;
  const [, what, quoted, rest] = match as unknown as [string, string, string, string];
  const name = quoted.startsWith('"') ? quoted.slice(1, -1).replace(/\\(.)/g, '$1') : quoted;
  let metadata = described.get(name);
  if (metadata === undefined) described.set(name, (metadata = { type: 'unknown', help: '', unit: '' }));
  if (what === 'TYPE') {
    const type = rest.trim().toLowerCase();
    metadata.type = types.includes(type) && type !== 'untyped' ? (type as MetricType) : 'unknown';
  } else if (what === 'UNIT') metadata.unit = rest.trim();
  else metadata.help = rest.replace(/\\([\\n"])/g, (_, char: string) => (char === 'n' ? '\n' : char));
  handler.metadata?.(name, metadata);
}

function readSample(
  text: string,
  start: number,
  end: number,
  number: number,
  isOpen: boolean,
  handler: ExpositionHandler,
): void {
  let from = start;
  while (isBlank(text.charCodeAt(from)) && from < end) from += 1;
  if (from === end) return;
  let at = from;
  // The series ends with the brace that closes its labels, outside of quotes, or with the first blank.
  while (at < end && text.charCodeAt(at) !== 123 && !isBlank(text.charCodeAt(at))) at += 1;
  let next = at;
  while (isBlank(text.charCodeAt(next)) && next < end) next += 1;
  if (text.charCodeAt(next) === 123) {
    let isQuoted = false;
    at = next + 1;
    for (; at < end; at++) {
      const char = text.charCodeAt(at);
      if (isQuoted) {
        if (char === 92) at += 1;
        else if (char === 34) isQuoted = false;
      } else if (char === 34) isQuoted = true;
      else if (char === 125) break;
    }
    if (at >= end) throw bad(number, `the labels are not closed: ${text.slice(from, Math.min(end, from + 100))}`);
    at += 1;
  }
  const series = text.slice(from, at);
  let rest = text.slice(at, end);
  if (isOpen) {
    const exemplar = rest.indexOf(' # ');
    if (exemplar !== -1) rest = rest.slice(0, exemplar);
  }
  const parts = rest.trim().split(/[ \t]+/);
  if (parts.length > 2 || parts[0] === '')
    throw bad(number, `a value, and at most a time, are expected after ${series.slice(0, 100)}`);
  const value = parseValue(parts[0]!);
  if (value === undefined) throw bad(number, `"${parts[0]!.slice(0, 40)}" is no value`);
  let timestampMs: number | undefined;
  if (parts[1] !== undefined) {
    const time = isOpen ? parseValue(parts[1]) : /^[+-]?\d+$/.test(parts[1]) ? Number(parts[1]) : undefined;
    if (time === undefined || !Number.isFinite(time)) throw bad(number, `"${parts[1].slice(0, 40)}" is no time`);
    timestampMs = isOpen ? Math.round(time * 1_000) : time;
  }
  handler.sample(series, value, timestampMs);
}

function isBlank(char: number): boolean {
  return char === 32 || char === 9;
}

function parseValue(text: string): number | undefined {
  const value = Number(text);
  if (!Number.isNaN(value)) return /^[+-]?0[xXbBoO]/.test(text) || text.includes('Infinity') ? undefined : value;
  if (/^[+-]?nan$/i.test(text)) return Number.NaN;
  if (/^\+?inf(?:inity)?$/i.test(text)) return Number.POSITIVE_INFINITY;
  return /^-inf(?:inity)?$/i.test(text) ? Number.NEGATIVE_INFINITY : undefined;
}
