import { ClientError, type FetchedBatch, type KafkaClient, type Tail } from '@headwater/client';
import { HttpError, type SseStream } from '@headwater/http';
import { positionsFrom, topicBounds } from './bounds.ts';
import type { ConsumeQuery } from './consume-query.ts';
import { formatCursor, type Positions } from './cursor.ts';
import { records } from './read-page.ts';
import { recordFilter } from './record-filter.ts';
import { recordJson } from './record-json.ts';
import { toHttpError } from './rest-error.ts';
import type { RecordSchemas } from './schemas/record-schemas.ts';

const statusEveryMs = 1_000;
/** A reader that takes nothing for so long is slow; less is the time that bytes take to leave a full buffer. */
const patienceMs = 1_000;

/** A tail that has found where to start: what is wrong with the question was said before the stream began. */
export interface OpenTail {
  tail: Tail;
  /** Where each partition is: what has been taken from the log so far. */
  positions: Positions;
  /** The ends of the partitions at the start. */
  ends: Positions;
}

/** Opens a tail of a topic, without a group. Throws HttpError for an unknown topic or partition. */
export async function openTail(
  client: KafkaClient,
  topic: string,
  query: ConsumeQuery,
  signal: AbortSignal,
): Promise<OpenTail> {
  const bounds = await topicBounds(client, topic, query.partition, signal);
  const positions: Positions =
    query.positions === null
      ? await positionsFrom(client, topic, bounds, query.from ?? 'latest', signal)
      : new Map(bounds.map(({ partition, latest }) => [partition, query.positions!.get(partition) ?? latest]));
  const tail = client.tail({
    topics: [topic],
    from: { offsets: { [topic]: Object.fromEntries(positions) } },
    ...(query.partition === null ? {} : { partitions: [query.partition] }),
    // What waits for one slow reader; there may be hundreds of them.
    maxBytes: 512 * 1024,
    maxBufferedBytes: 2 * 1024 * 1024,
    signal,
  });
  return { tail, positions, ends: new Map(bounds.map(({ partition, latest }) => [partition, latest])) };
}

/**
 * Follows a topic into an event stream: `record` events (id: the cursor to go on from) and a `status` each second. A reader that
 * is slower than the log loses records, and is told how many; with `onSlow=wait` it gets all of them later. While it reads what
 * was there before it came, up to the end of the log, it loses nothing however slow it is: there is nothing to keep up with.
 */
export async function streamTail(
  { tail, positions, ends }: OpenTail,
  topic: string,
  query: ConsumeQuery,
  stream: SseStream,
  schemas: RecordSchemas | null = null,
): Promise<void> {
  const matches = recordFilter(query.contains);
  const highWatermarks: Positions = new Map(ends);
  let recordsSinceStatus = 0;
  let droppedRecords = 0;
  let isSlow = false;
  let hasCaughtUp = [...positions].every(([partition, offset]) => offset >= (ends.get(partition) ?? offset));
  let statusAtMs = Date.now();
  const sendStatus = (): void => {
    const nowMs = Date.now();
    const perSecond = (recordsSinceStatus * 1000) / Math.max(1, nowMs - statusAtMs);
    let lagRecords = 0;
    for (const [partition, offset] of positions)
      lagRecords += Math.max(0, (highWatermarks.get(partition) ?? offset) - offset);
    const data = {
      cursor: formatCursor(positions),
      recordsPerSecond: Math.round(perSecond * 10) / 10,
      lagRecords,
      droppedRecords,
    };
    stream.send({ event: 'status', data: JSON.stringify(data) });
    recordsSinceStatus = 0;
    statusAtMs = nowMs;
  };
  sendStatus();
  const timer = setInterval(sendStatus, statusEveryMs);
  void stream.closed.then(() => tail.close());
  try {
    for await (const batch of tail) {
      if (stream.isClosed) return;
      highWatermarks.set(batch.partition, batch.highWatermark);
      if (isSlow) isSlow = !stream.isReady;
      if (isSlow) {
        recordsSinceStatus += batch.header.recordsCount;
        droppedRecords += batch.header.recordsCount;
        positions.set(batch.partition, batch.nextOffset);
        continue;
      }
      const list = records(batch);
      await schemas?.prepare(list);
      for (const record of list) {
        positions.set(batch.partition, record.offset + 1);
        recordsSinceStatus += 1;
        if (!matches(record)) continue;
        if (isSlow) {
          droppedRecords += 1;
          continue;
        }
        const data = recordJson(record, placeOf(batch, topic), query.format, schemas);
        if (stream.send({ event: 'record', id: formatCursor(positions), data })) continue;
        if (query.onSlow === 'wait' || !hasCaughtUp) await stream.drained();
        else isSlow = !(await isDrainedSoon(stream));
      }
      positions.set(batch.partition, batch.nextOffset);
      hasCaughtUp ||= [...positions].every(([partition, offset]) => offset >= highWatermarks.get(partition)!);
    }
  } catch (error) {
    if (stream.isClosed || (error instanceof ClientError && error.code === 'HW_CLIENT_CLOSED')) return;
    const told = toHttpError(error, { topic });
    const { code, message } = told instanceof HttpError ? told : { code: 'HW_REST_FAILED', message: String(error) };
    stream.send({ event: 'failure', id: formatCursor(positions), data: JSON.stringify({ code, message }) });
  } finally {
    clearInterval(timer);
    await tail.close();
    stream.close();
  }
}

async function isDrainedSoon(stream: SseStream): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, patienceMs);
  await Promise.race([stream.drained(), promise]);
  clearTimeout(timer);
  return stream.isReady;
}

function placeOf(batch: FetchedBatch, topic: string) {
  return { topic, partition: batch.partition, timestampType: batch.header.timestampType };
}
