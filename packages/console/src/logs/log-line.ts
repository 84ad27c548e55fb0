/** One line of a log, as the topic and the index `headwater-logs` have it. What is absent is left out. */
export interface LogLine {
  /** `TOPIC-PARTITION-OFFSET`: the id of the document, and where the record is. */
  id: string;
  atMs: number;
  level: LogLevel;
  message: string;
  /** All other fields as text, by name: `service`, `instance`, `logger`, … */
  fields: Readonly<Record<string, string>>;
  attributes: Readonly<Record<string, string>>;
  record: { topic: string; partition: number; offset: number } | null;
}

export const logLevels = ['FATAL', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Fields that the index can be asked by, most asked first. */
export const logFields = [
  'level',
  'service',
  'instance',
  'logger',
  'template',
  'source',
  'host',
  'thread',
  'file',
  'labels',
  'traceId',
  'spanId',
  'correlationId',
] as const;

/** Fields of which a list of the commonest values helps: ids are of one line or few. */
export const listedFields = [
  'level',
  'service',
  'instance',
  'logger',
  'source',
  'host',
  'thread',
  'file',
  'labels',
] as const;

const texts = [
  'service',
  'instance',
  'logger',
  'thread',
  'traceId',
  'spanId',
  'correlationId',
  'stack',
  'source',
  'host',
  'file',
  'template',
] as const;

/** A document of the index or a value of the topic; what is no object is a line of its text. */
export function readLogLine(id: string, value: unknown): LogLine {
  const source =
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : { message: String(value) };
  const fields: Record<string, string> = {};
  for (const name of texts) if (typeof source[name] === 'string') fields[name] = source[name];
  const { attributes, record, level, message, timestampMs } = source;
  const isLevel = logLevels.some((known) => known === level);
  return {
    id,
    atMs: typeof timestampMs === 'number' ? timestampMs : Date.parse(String(source['@timestamp'])),
    level: isLevel ? (level as LogLevel) : 'INFO',
    message: typeof message === 'string' ? message : '',
    fields: { ...fields, level: isLevel ? String(level) : 'INFO' },
    attributes: textsOf(attributes),
    record: placeOf(record) ?? placeOfId(id),
  };
}

function textsOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).map(([name, text]) => [name, typeof text === 'string' ? text : JSON.stringify(text)]),
  );
}

function placeOf(value: unknown): LogLine['record'] {
  const { topic, partition, offset } = (value ?? {}) as Record<string, unknown>;
  return typeof topic === 'string' && typeof partition === 'number' && typeof offset === 'number'
    ? { topic, partition, offset }
    : null;
}

function placeOfId(id: string): LogLine['record'] {
  const [, topic, partition, offset] = /^(.+)-(\d+)-(\d+)$/.exec(id) ?? [];
  return topic === undefined ? null : { topic, partition: Number(partition), offset: Number(offset) };
}

/** The values that a line has for a field: attributes are labels, `name=value`. */
export function valuesOf(line: LogLine, field: string): string[] {
  if (field === 'labels') return Object.entries(line.attributes).map(([name, value]) => `${name}=${value}`);
  const value = line.fields[field];
  return value === undefined ? [] : [value];
}

export interface TopValue {
  value: string;
  count: number;
}

/** The commonest values of a field among the lines. */
export function topValues(lines: readonly LogLine[], field: string, max = 6): TopValue[] {
  const counts = new Map<string, number>();
  for (const line of lines) for (const value of valuesOf(line, field)) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, max);
}

export interface TemplateCount {
  template: string;
  count: number;
  level: LogLevel;
  services: string[];
  lastMs: number;
  example: LogLine;
}

/** Lines by the template that they were mined to; of a line without one its message stands for it. */
export function topTemplates(lines: readonly LogLine[]): TemplateCount[] {
  const counts = new Map<string, TemplateCount>();
  for (const line of lines) {
    const template = line.fields['template'] ?? line.message.slice(0, 200);
    const service = line.fields['service'];
    const found = counts.get(template);
    if (!found) {
      counts.set(template, {
        template,
        count: 1,
        level: line.level,
        services: service ? [service] : [],
        lastMs: line.atMs,
        example: line,
      });
      continue;
    }
    found.count += 1;
    found.lastMs = Math.max(found.lastMs, line.atMs);
    if (logLevels.indexOf(line.level) < logLevels.indexOf(found.level)) found.level = line.level;
    if (service && !found.services.includes(service)) found.services.push(service);
  }
  return [...counts.values()].sort((a, b) => b.count - a.count || (a.template < b.template ? -1 : 1));
}
