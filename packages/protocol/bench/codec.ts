/** Produce requests in, Fetch answers out: the compiled codec against the interpreter, and what a frame costs. */
import {
  ApiKey,
  apis,
  decodeRequest,
  decodeRequestHeader,
  decodeResponse,
  encodeBatch,
  encodeRequest,
  encodeResponse,
  encodeResponseChunks,
} from '../index.ts';
import { interpretRead, interpretWrite } from '../src/codec/interpret.ts';
import { planMessage } from '../src/codec/plan.ts';
import { Reader } from '../src/codec/reader.ts';
import { Writer } from '../src/codec/writer.ts';
import { measure } from './support/measure.ts';

const batch = encodeBatch({ records: Array.from({ length: 560 }, () => ({ value: Buffer.alloc(100, 'x') })) });

for (const partitions of [1, 8]) {
  const produce = encodeRequest(ApiKey.Produce, 9, 1, 'producer-1', {
    acks: -1,
    timeoutMs: 30_000,
    topicData: [
      { name: 'orders', partitionData: Array.from({ length: partitions }, (_, index) => ({ index, records: batch })) },
    ],
  }).subarray(4);
  const { bodyOffset } = decodeRequestHeader(produce);
  const plan = planMessage(apis[ApiKey.Produce].request, 9);
  measure(`produce request decode, ${partitions} partitions`, () => {
    decodeRequestHeader(produce);
    decodeRequest(ApiKey.Produce, 9, produce, bodyOffset);
  });
  measure(`produce request decode, ${partitions} partitions, interpreted`, () => {
    decodeRequestHeader(produce);
    interpretRead(plan, new Reader(produce, bodyOffset), []);
  });

  const body = {
    responses: [
      {
        topic: 'orders',
        partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({
          partitionIndex,
          errorCode: 0,
          highWatermark: 1_000_000,
          lastStableOffset: 1_000_000,
          logStartOffset: 0,
          abortedTransactions: null,
          records: batch,
        })),
      },
    ],
  };
  const responsePlan = planMessage(apis[ApiKey.Fetch].response, 12);
  measure(`fetch answer encode in chunks, ${partitions} partitions`, () => {
    encodeResponseChunks(ApiKey.Fetch, 12, 7, body);
  });
  measure(`fetch answer encode in one buffer, ${partitions} partitions`, () => {
    encodeResponse(ApiKey.Fetch, 12, 7, body);
  });
  measure(`fetch answer encode in chunks, ${partitions} partitions, interpreted`, () => {
    const writer = new Writer();
    writer.reserveSize();
    interpretWrite(responsePlan, writer, body, []);
    writer.chunks(true);
    writer.release();
  });
  const answer = encodeResponse(ApiKey.Fetch, 12, 7, body).subarray(4);
  measure(`fetch answer decode, ${partitions} partitions`, () => {
    decodeResponse(ApiKey.Fetch, 12, answer);
  });
  const fetchRequest = encodeRequest(ApiKey.Fetch, 12, 1, 'consumer-1', {
    maxWaitMs: 500,
    minBytes: 1,
    topics: [
      {
        topic: 'orders',
        partitions: Array.from({ length: partitions }, (_, partition) => ({
          partition,
          fetchOffset: 5,
          partitionMaxBytes: 1 << 20,
        })),
      },
    ],
  }).subarray(4);
  const fetchOffset = decodeRequestHeader(fetchRequest).bodyOffset;
  measure(`fetch request decode, ${partitions} partitions`, () => {
    decodeRequestHeader(fetchRequest);
    decodeRequest(ApiKey.Fetch, 12, fetchRequest, fetchOffset);
  });
}
