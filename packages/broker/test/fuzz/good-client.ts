import assert from 'node:assert/strict';
import { ApiKey, decodeRecords, iterateBatches } from '@headwater/protocol';
import { batch, createTopic, fetchBody, produce } from '../fixtures.ts';
import type { RawClient } from '../raw-client.ts';

const topic = 'well-behaved';

/** Writes, reads back and commits, and must not notice what others do to the broker. */
export class GoodClient {
  rounds = 0;
  slowestMs = 0;
  readonly #client: RawClient;

  private constructor(client: RawClient) {
    this.#client = client;
  }

  static async start(client: RawClient): Promise<GoodClient> {
    await createTopic(client, topic);
    return new GoodClient(client);
  }

  async round(): Promise<void> {
    const startedMs = performance.now();
    const value = `round ${this.rounds}`;
    const { errorCode, baseOffset } = await produce(this.#client, topic, batch([value]));
    assert.deepEqual([errorCode, baseOffset], [0, this.rounds]);
    const answer = await this.#client.call(ApiKey.Fetch, 12, fetchBody(topic, baseOffset));
    const { records } = answer.responses[0]!.partitions[0]!;
    const found = Array.from(iterateBatches(records!)).flatMap(({ offset }) => decodeRecords(records!, offset));
    assert.deepEqual(
      found.map((record) => record.value?.toString()),
      [value],
    );
    const partitions = [{ partitionIndex: 0, committedOffset: baseOffset, committedMetadata: '' }];
    const member = { groupId: topic, memberId: '', generationIdOrMemberEpoch: -1 };
    const committed = await this.#client.call(ApiKey.OffsetCommit, 8, {
      ...member,
      topics: [{ name: topic, partitions }],
    });
    assert.equal(committed.topics[0]!.partitions[0]!.errorCode, 0);
    this.rounds++;
    this.slowestMs = Math.max(this.slowestMs, performance.now() - startedMs);
  }
}
