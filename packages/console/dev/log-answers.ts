import { type LogLine, readLogLine } from '../src/logs/log-line.ts';
import { lineMatcher } from '../src/logs/log-query.ts';
import type { FixtureLine, LogWorld } from './log-world.ts';

type Query = Record<string, unknown>;
interface Request {
  size?: number;
  query?: Query;
  sort?: Record<string, string>[];
  search_after?: number[];
}

const timeOf = (line: FixtureLine): number => line.source.timestampMs;

/** `_search` over made-up lines, as far as the page of logs asks it. */
export function searchLogs(world: LogWorld, body: string): { status: number; answer: unknown } {
  const request = JSON.parse(body) as Request;
  try {
    return { status: 200, answer: find(world, request) };
  } catch (error) {
    const reason = (error as Error).message;
    return {
      status: 400,
      answer: {
        error: {
          root_cause: [{ type: 'query_shard_exception', reason }],
          type: 'search_phase_execution_exception',
          reason: 'all shards failed',
        },
        status: 400,
      },
    };
  }
}

/** `_msearch`: lines of heads and bodies. */
export function searchLogsMany(world: LogWorld, body: string): unknown {
  const bodies = body.split('\n').filter((_, index) => index % 2 === 1);
  return { took: 3, responses: bodies.map((one) => searchLogs(world, one).answer) };
}

function find(world: LogWorld, { size = 10, query = {}, sort = [], search_after: after }: Request): unknown {
  const isWanted = matcher(query);
  const sign = sort[0]?.['@timestamp'] === 'asc' ? 1 : -1;
  const all = world.lines.filter(isWanted).sort((a, b) => sign * (timeOf(a) - timeOf(b)));
  const rest = after === undefined ? all : all.filter((line) => sign * (timeOf(line) - after[0]!) > 0);
  return {
    took: 3,
    hits: {
      total: { value: all.length, relation: 'eq' },
      hits: rest.slice(0, size).map((line) => ({ _id: line.id, _source: line.source, sort: [timeOf(line)] })),
    },
  };
}

function matcher(query: Query): (line: FixtureLine) => boolean {
  const {
    bool,
    range,
    term,
    ids,
    query_string: text,
  } = query as {
    bool?: { filter: Query[] };
    range?: { '@timestamp': { gte?: string; lte?: string } };
    term?: Record<string, string>;
    ids?: { values: string[] };
    query_string?: { query: string };
  };
  if (bool) {
    const all = bool.filter.map(matcher);
    return (line) => all.every((test) => test(line));
  }
  if (range) {
    const from = Date.parse(range['@timestamp'].gte ?? '1970-01-01');
    const to = Date.parse(range['@timestamp'].lte ?? '9999-01-01');
    return (line) => timeOf(line) >= from && timeOf(line) <= to;
  }
  if (term) return (line) => Object.entries(term).every(([field, value]) => line.source[field] === value);
  if (ids) return (line) => ids.values.includes(line.id);
  return text ? textMatcher(text.query) : () => true;
}

/** Each line is read once: a histogram asks for it a hundred times. */
const known = new WeakMap<FixtureLine, LogLine>();

function textMatcher(query: string): (line: FixtureLine) => boolean {
  const [, both, last] = /^\((.*)\) AND (level:\S+(?: OR \S+)?)$/s.exec(query) ?? [];
  if (both !== undefined && last !== undefined) {
    const [first, second] = [textMatcher(both), textMatcher(last)];
    return (line) => first(line) && second(line);
  }
  if (query === 'level:(ERROR OR FATAL)')
    return (line) => line.source['level'] === 'ERROR' || line.source['level'] === 'FATAL';
  const test = lineMatcher(query);
  if (!test) throw new Error(`Failed to parse query [${query}]`);
  return (line) => {
    let read = known.get(line);
    if (!read) known.set(line, (read = readLogLine(line.id, line.source)));
    return test(read);
  };
}
