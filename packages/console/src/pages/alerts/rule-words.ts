import { formatExact } from '../../format/number.ts';

type Source = Readonly<Record<string, unknown>>;

const comparisons: Record<string, string> = {
  '>': 'is above',
  '>=': 'is at least',
  '<': 'is below',
  '<=': 'is at most',
  '==': 'is',
  '!=': 'is not',
};

const measures: Record<string, string> = {
  disk_free_percent: 'The free part of the disk in percent',
  disk_free_bytes: 'The free bytes of the disk',
  load_per_core: 'The load of a core',
};

const text = (value: unknown, fallback = ''): string =>
  value === undefined || value === null
    ? fallback
    : Array.isArray(value)
      ? value.join(', ')
      : typeof value === 'number'
        ? formatExact(value)
        : String(value);

/** What a rule waits for, in a sentence; defaults that were not written are said, too. */
export function conditionText(kind: string, rule: Source): string {
  const topic = text(rule['topic']);
  const value = text(rule['value']);
  const window = text(rule['window'], '1m');
  const where = rule['where'] === undefined ? '' : ` where ${text(rule['where'])}`;
  const op = comparisons[text(rule['op'], '>')] ?? text(rule['op']);
  switch (kind) {
    case 'threshold':
      if (rule['expr'] !== undefined)
        return value === '' ? `${text(rule['expr'])} has an answer` : `${text(rule['expr'])} ${op} ${value}`;
      if (rule['system'] !== undefined)
        return `${measures[text(rule['system'])] ?? text(rule['system'])} ${op} ${value}`;
      return `${text(rule['field'])} of ${topic} ${op} ${value}${where}`;
    case 'rate': {
      const count = value === '' ? '1' : value;
      const least = text(rule['op'], '>=') === '>' ? `More than ${count}` : `${count} or more`;
      return `${least} records of ${topic} within ${window}${where}`;
    }
    case 'absence':
      return `Nothing on ${topic} for ${text(rule['within'])}${where}`;
    case 'lag': {
      const who = rule['group'] === undefined ? 'A group' : `Group ${text(rule['group'])}`;
      const on = rule['topic'] === undefined ? '' : ` on ${topic}`;
      const parts = [
        ...(rule['value'] === undefined ? [] : [`is more than ${value} records behind`]),
        ...(rule['growth'] === undefined ? [] : [`falls ${text(rule['growth'])} records behind within ${window}`]),
      ];
      return `${who} ${parts.join(' and ')}${on}`;
    }
    case 'errorRatio':
      return `More than ${percent(rule['value'] ?? 0.05)} of ${text(rule['min_events'], '20')} calls or more fail within ${window}${
        topic === '' ? '' : `, by ${topic}`
      }${where}`;
    case 'anomaly':
      return `${rule['expr'] === undefined ? `${text(rule['field'])} of ${topic}` : text(rule['expr'])} is far from what it is at this time of its season (${text(rule['season'], '7d')})`;
    case 'sql':
      return `A row ${/emit\s+changes/i.test(text(rule['query'])) ? 'comes' : 'is there'}: ${text(rule['query'])}`;
    default:
      return kind;
  }
}

/** Rules that follow topics can be run on what the log still has; those that ask a server cannot. */
export function isTestable(kind: string, rule: Source): boolean {
  if (kind === 'threshold' || kind === 'anomaly') return rule['topic'] !== undefined;
  return kind === 'rate' || kind === 'absence' || kind === 'errorRatio';
}

function percent(value: unknown): string {
  const number = Number(value);
  return Number.isFinite(number) ? `${Number((number * 100).toFixed(2))} %` : String(value);
}
