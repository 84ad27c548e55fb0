import { statementError } from '../../analyzer/statement-error.ts';
import { momentOf } from '../../expressions/moment-text.ts';
import type { RewindStart } from '../../syntax/ast/index.ts';
import type { RewoundInput, StartOffsets } from './rewind.ts';

/** What a log holds of a partition. */
export interface PartitionLog {
  readonly beginOffset: number;
  readonly endOffset: number;
  /** Epoch milliseconds of the first record that it holds; null where it holds none. */
  readonly beginMs: number | null;
}

/** Asks the log. */
export interface LogReader {
  /** By partition. */
  partitions(topic: string): Promise<readonly PartitionLog[]>;
  /** By partition: the first offset whose record is not older, -1 where all are. */
  offsetsAt(topic: string, timestampMs: number): Promise<readonly number[]>;
}

/**
 * Where each input begins. Streams from the moment or the offsets asked for, tables from their beginning: a table at a moment is made of all that
 * was before it.
 *
 * @throws SqlError where the log no longer holds what is asked for, or never had it
 */
export async function startOffsets(
  inputs: readonly RewoundInput[],
  to: RewindStart,
  log: LogReader,
): Promise<StartOffsets> {
  const streams = inputs.filter(({ isTable }) => !isTable);
  if (to.kind === 'offsets' && streams.length !== 1) {
    throw statementError(
      streams.length === 0
        ? 'REWIND … TO OFFSETS: the query reads tables only, which are read whole. Use TO BEGINNING.'
        : `REWIND … TO OFFSETS is for queries of one stream, this one reads ${streams.length}: ${streams.map(({ topic }) => topic).join(', ')}. Use TO TIMESTAMP.`,
    );
  }
  const starts: Record<string, Record<number, number>> = {};
  for (const { isTable, topic } of inputs) {
    const partitions = await log.partitions(topic);
    const offsets = await (async () => {
      if (isTable || to.kind === 'beginning') return partitions.map(({ beginOffset }) => beginOffset);
      if (to.kind === 'offsets') return givenOffsets(topic, partitions, to.offsets);
      return offsetsAt(topic, partitions, momentOfStart(to.at), log);
    })();
    starts[topic] = Object.fromEntries(offsets.entries());
  }
  return starts;
}

function momentOfStart(at: number | string): number {
  return typeof at === 'number' ? at : momentOf(at);
}

function givenOffsets(
  topic: string,
  partitions: readonly PartitionLog[],
  given: ReadonlyMap<number, number>,
): readonly number[] {
  for (const partition of given.keys()) {
    if (partition >= 0 && partition < partitions.length) continue;
    throw statementError(
      `There is no partition ${partition} of topic ${topic}: it has ${partitions.length}, counted from 0.`,
    );
  }
  return partitions.map(({ beginOffset, endOffset }, partition) => {
    const offset = given.get(partition);
    if (offset === undefined) {
      throw statementError(
        `REWIND … TO OFFSETS does not name partition ${partition} of topic ${topic}: name all ${partitions.length}. It holds offsets ${beginOffset} to ${endOffset}.`,
      );
    }
    if (offset < beginOffset) {
      throw statementError(
        `The log no longer holds offset ${offset} of partition ${partition} of topic ${topic}: the earliest is ${beginOffset}.`,
      );
    }
    if (offset > endOffset) {
      throw statementError(
        `Partition ${partition} of topic ${topic} has no offset ${offset} yet: it ends at ${endOffset}.`,
      );
    }
    return offset;
  });
}

async function offsetsAt(
  topic: string,
  partitions: readonly PartitionLog[],
  timestampMs: number,
  log: LogReader,
): Promise<readonly number[]> {
  const found = await log.offsetsAt(topic, timestampMs);
  return partitions.map(({ beginMs, beginOffset, endOffset }, partition) => {
    const offset = found[partition] ?? -1;
    // What is before the first record that it holds may have been as late as what is asked for.
    const isCut = beginOffset > 0 && (beginMs === null || (offset === beginOffset && beginMs > timestampMs));
    if (isCut) {
      const earliest =
        beginMs === null
          ? 'it holds no record any more: use TO BEGINNING'
          : `the earliest record that it holds is of ${new Date(beginMs).toISOString()} (TIMESTAMP ${beginMs})`;
      throw statementError(
        `The log no longer holds all since ${new Date(timestampMs).toISOString()} of partition ${partition} of topic ${topic}: ${earliest}.`,
      );
    }
    return offset < 0 ? endOffset : offset;
  });
}
