import { withoutLogin } from '@headwater/http';
import { AlertError } from '../alert-error.ts';
import type { SqlRule } from '../config/rule-config.ts';
import type { PollDetector, Sample, StreamDetector } from './detector.ts';

const lineMaxChars = 1024 * 1024;
const rowsMax = 10_000;

/** `sql` with a pull query: its rows are what is wrong now; a row that is gone is over. */
export function pullDetector(rule: SqlRule, url: string | undefined): PollDetector {
  return {
    intervalMs: rule.intervalMs,
    async poll(_nowMs, signal) {
      const samples: Sample[] = [];
      await query(rule, url, signal, (sample) => {
        if (samples.length < rowsMax) samples.push(sample);
      });
      return samples;
    },
  };
}

/** `sql` with EMIT CHANGES: each row that comes is an alert, for as long as `hold` or until it comes again. */
export function pushDetector(rule: SqlRule, url: string | undefined): StreamDetector {
  return {
    holdMs: rule.holdMs,
    run: (onSample, signal) => query(rule, url, signal, onSample),
  };
}

/** ksqlDB's `/query-stream`: a line with the columns, then a line for each row. */
async function query(
  rule: SqlRule,
  url: string | undefined,
  signal: AbortSignal,
  onSample: (sample: Sample) => void,
): Promise<void> {
  if (url === undefined)
    throw new AlertError(
      'HW_ALERTS_SOURCE',
      'there is no SQL server to ask: start the part sql, or give HEADWATER_SQL_URL',
    );
  const address = withoutLogin(url);
  const response = await fetch(`${address.url.replace(/\/$/, '')}/query-stream`, {
    method: 'POST',
    headers: {
      ...address.headers,
      'content-type': 'application/vnd.ksql.v1+json',
      accept: 'application/vnd.ksqlapi.delimited.v1',
    },
    body: JSON.stringify({
      sql: rule.query.endsWith(';') ? rule.query : `${rule.query};`,
      properties: rule.isPush ? { 'auto.offset.reset': 'latest' } : {},
    }),
    signal,
    redirect: 'error',
  });
  let columns: { names: string[]; types: string[] } | undefined;
  let rest = '';
  const decoder = new TextDecoder();
  const take = (line: string): void => {
    if (line.trim() === '') return;
    const value = JSON.parse(line) as unknown;
    if (Array.isArray(value)) {
      if (columns !== undefined) onSample(sampleOf(rule, columns, value));
      return;
    }
    const { columnNames, columnTypes, message } = value as {
      columnNames?: string[];
      columnTypes?: string[];
      message?: string;
    };
    if (columnNames !== undefined) columns = { names: columnNames, types: columnTypes ?? [] };
    else if (message !== undefined)
      throw new AlertError('HW_ALERTS_SOURCE', `the query of "${rule.name}" is refused: ${message}`);
  };
  for await (const chunk of response.body ?? []) {
    rest += decoder.decode(chunk, { stream: true });
    for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n')) {
      take(rest.slice(0, end));
      rest = rest.slice(end + 1);
    }
    if (rest.length > lineMaxChars)
      throw new AlertError(
        'HW_ALERTS_SOURCE',
        `a row of "${rule.name}" is longer than ${lineMaxChars} characters: select fewer columns`,
      );
  }
  take(rest);
  // No rows is an answer; no columns is none, and must not end the alerts that are there.
  if (columns === undefined)
    throw new AlertError(
      'HW_ALERTS_SOURCE',
      `the SQL server answers ${response.status} to "${rule.name}", without rows`,
    );
}

function sampleOf(rule: SqlRule, { names, types }: { names: string[]; types: string[] }, row: unknown[]): Sample {
  const labels: Record<string, string> = {};
  const wanted = new Set(rule.keys.map((key) => key.toUpperCase()));
  let value: number | null = null;
  for (const [index, name] of names.entries()) {
    const cell = row[index];
    const isKey = wanted.size === 0 ? types[index] === 'STRING' : wanted.has(name.toUpperCase());
    if (isKey && cell !== null && cell !== undefined) labels[labelOf(name)] = String(cell).slice(0, 256);
    else if (value === null && typeof cell === 'number') value = cell;
  }
  return { labels, value };
}

/** SQL's names are in capitals; labels are not. */
function labelOf(name: string): string {
  const text = (name === name.toUpperCase() ? name.toLowerCase() : name).replace(/[^a-zA-Z0-9_]/g, '_');
  return /^\d/.test(text) ? `_${text}` : text;
}
