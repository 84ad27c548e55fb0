import type { Rewind } from '../../engine/rewind/rewind.ts';
import type { SqlEngine } from '../../engine/sql-engine.ts';
import type { RewindInfo, RunningQueryLine } from '../entities/index.ts';

/** How far a new generation of a query is; undefined for what is none. */
export function rewindInfo({ rewinder, rewinds }: SqlEngine, runId: string): RewindInfo | undefined {
  const rewind = rewinds.get(runId);
  if (rewind === undefined) return undefined;
  const progress = rewinder?.progress(runId) ?? null;
  const { recordsLeft = 0, recordsTotal = 0 } = progress ?? {};
  return {
    of: rewind.previous.id,
    statement: rewind.statement,
    state: progress?.state ?? 'rewinding',
    percent: recordsTotal === 0 ? 0 : Math.floor((100 * (recordsTotal - recordsLeft)) / recordsTotal),
    recordsTotal,
    recordsLeft,
    etaMs: progress?.etaMs ?? null,
    error: progress?.error ?? null,
  };
}

/** Lines of SHOW QUERIES of new generations: of one sink, or of all. */
export function rewindLines(engine: SqlEngine, sinkName: string | null = null): RunningQueryLine[] {
  const rewinds = [...engine.rewinds.values()];
  return rewinds
    .filter(({ previous }) => sinkName === null || previous.sinkName === sinkName)
    .map((rewind) => rewindLine(engine, rewind));
}

function rewindLine(engine: SqlEngine, { building, resultsTopic, runId }: Rewind): RunningQueryLine {
  const rewind = rewindInfo(engine, runId)!;
  const isFailed = rewind.state === 'failed';
  return {
    queryString: building.statement,
    sinks: [building.sinkName],
    sinkKafkaTopics: [resultsTopic ?? building.plan.sink.topic],
    id: runId,
    // States that ksqlDB's clients know.
    statusCount: { [isFailed ? 'ERROR' : 'RUNNING']: 1 },
    queryType: 'PERSISTENT',
    state: isFailed ? 'ERROR' : 'REWINDING',
    rewind,
  };
}
