import type { ServerResponse } from 'node:http';
import type { HttpContext } from '@headwater/http';
import { asObject, readJson } from '../fields.ts';
import { JsonSplitter } from '../json-splitter.ts';
import { checkContentType, negotiate } from '../media-types.ts';
import { emptyPayload, ProxyError, recordError } from '../proxy-error.ts';
import { RequestChunks } from '../request-chunks.ts';
import { readProduceRequest } from './produce-request.ts';
import type { PreparedRecord, RecordWriter } from './record-writer.ts';

/** The largest record of a request, as JSON. */
export const recordJsonBytesMax = 10 * 1024 * 1024;
/** Records read and not answered yet; then reading waits. */
const openRecordsMax = 2_000;
/** How long one request may go on, as in Confluent's `streaming.connection.max.duration.ms`. */
const streamMsMax = 24 * 60 * 60 * 1_000;

/**
 * `POST …/topics/{topic_name}/records`: one or many records as JSON objects, one after the other in a request that need never end.
 * Each is answered in its turn, on the same connection, while the request still goes on; the status is always 200, and what is wrong
 * with a record stands in its own answer. Only what is no JSON ends the stream.
 */
export async function produceStream(ctx: HttpContext, writer: RecordWriter): Promise<void> {
  checkContentType(ctx.req, ['application/json']);
  negotiate(ctx.req, ['application/json']);
  const { req, res } = ctx;
  const chunks = new RequestChunks(req);
  const { signal } = ctx;
  const onAbort = (): void => chunks.stop();
  signal.addEventListener('abort', onAbort, { once: true });
  const first = await chunks.next();
  if (first === null) {
    if (signal.aborted) return;
    throw emptyPayload();
  }
  res.writeHead(200, { 'content-type': 'application/json' });
  res.flushHeaders();
  const answers = new Answers(res);
  const splitter = new JsonSplitter(recordJsonBytesMax);
  const topic = ctx.params['topic']!;
  const clusterId = ctx.params['cluster']!;
  const untilMs = Date.now() + streamMsMax;
  try {
    for (let chunk: Buffer | null = first; chunk !== null; chunk = await chunks.next()) {
      if (Date.now() > untilMs) throw openTooLong();
      const records = new ChunkRecords();
      let broken: unknown;
      try {
        for (const bytes of splitter.push(chunk)) await records.read(bytes, topic, writer);
      } catch (error) {
        broken = error;
      }
      if (records.count > 0) await answers.add(records.count, records.write(topic, clusterId, writer));
      if (broken !== undefined) throw broken;
      if (answers.isGone) break;
    }
    if (splitter.isOpen && !signal.aborted) {
      throw new ProxyError(400, 400, 'Bad Request: Error processing message: Unexpected end-of-input within an object');
    }
  } catch (error) {
    await answers.add(0, Promise.resolve([recordError(error)]));
  } finally {
    signal.removeEventListener('abort', onAbort);
    await answers.done();
    // What the client may still be sending is nobody's any more.
    if (!req.complete) res.once('finish', () => req.destroy());
    res.end();
  }
}

function openTooLong(): ProxyError {
  return new ProxyError(408, 408, 'Streaming connection open for longer than allowed: Connection will be closed.');
}

/** The records that became whole with one chunk: they are written together, and answered in their order. */
class ChunkRecords {
  readonly #outcomes: (PreparedRecord | { error: unknown })[] = [];

  get count(): number {
    return this.#outcomes.length;
  }

  /** @throws ProxyError when the bytes are no JSON: nothing after them can be trusted */
  async read(bytes: Buffer, topic: string, writer: RecordWriter): Promise<void> {
    const json = asObject(readJson(bytes), 'a record');
    try {
      const prepared = writer.prepare(topic, readProduceRequest(json));
      this.#outcomes.push(prepared instanceof Promise ? await prepared : prepared);
    } catch (error) {
      this.#outcomes.push({ error });
    }
  }

  async write(topic: string, clusterId: string, writer: RecordWriter): Promise<object[]> {
    const ready = this.#outcomes.filter((one): one is PreparedRecord => !('error' in one));
    const written = ready.length === 0 ? [] : await writer.write(topic, ready, clusterId);
    let next = 0;
    return this.#outcomes.map((one) => {
      const outcome = 'error' in one ? one.error : written[next++]!;
      return outcome instanceof Error ? recordError(outcome) : (outcome as object);
    });
  }
}

/** Answers in the order of their records; whoever adds waits while too many are open, or the reader is slow. */
class Answers {
  readonly #res: ServerResponse;
  #tail: Promise<void> = Promise.resolve();
  #open = 0;
  #isGone = false;
  #onRoom: (() => void) | null = null;

  constructor(res: ServerResponse) {
    this.#res = res;
    res.once('close', () => {
      this.#isGone = true;
      this.#onRoom?.();
    });
  }

  /** True when nobody reads the answers any more. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Resolves when there is room for more. */
  async add(count: number, answers: Promise<object[]>): Promise<void> {
    this.#open += count;
    this.#tail = Promise.all([this.#tail, answers]).then(async ([, list]) => {
      let text = '';
      for (const one of list) text += `${JSON.stringify(one)}\r\n`;
      if (!this.#isGone && !this.#res.write(text)) await this.#drained();
      this.#open -= count;
      this.#onRoom?.();
    });
    while (this.#open >= openRecordsMax && !this.#isGone) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onRoom = resolve;
      await promise;
      this.#onRoom = null;
    }
  }

  #drained(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = (): void => {
      this.#res.off('drain', done);
      this.#res.off('close', done);
      resolve();
    };
    this.#res.once('drain', done);
    this.#res.once('close', done);
    return promise;
  }

  /** Resolves when every answer is written. */
  done(): Promise<void> {
    return this.#tail;
  }
}
