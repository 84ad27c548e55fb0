import { ClientError, type KafkaClient, OffsetSpec } from '@headwater/client';
import { BackOff, pause } from '../../common/back-off.ts';
import { type Permission, permissionKey } from './permission.ts';

export interface FirstPermissionsOptions {
  client: KafkaClient;
  topic: string;
  partitions: readonly number[];
  first: readonly Permission[];
  signal: AbortSignal;
}

/**
 * Writes what a topic without any record begins with, once, however many instances find it empty at the same time. They share a transactional id, so
 * a later one shuts out an earlier one, and then looks again: what somebody has changed meanwhile is never undone.
 */
export async function writeFirstPermissions(options: FirstPermissionsOptions): Promise<void> {
  const { client, first, signal, topic } = options;
  const backOff = new BackOff({ maxMs: 2_000 });
  while (!(await hasRecords(options))) {
    await using producer = client.transactionalProducer({ transactionalId: `${topic}-first` });
    try {
      await producer.init();
      if (await hasRecords(options)) return;
      await producer.transaction(async () => {
        for (const permission of first) {
          void producer.send({
            topic,
            records: [{ key: permissionKey(permission), value: JSON.stringify(permission) }],
          });
        }
      });
      return;
    } catch (error) {
      const isAnotherAtIt = error instanceof ClientError && error.code === 'HW_CLIENT_PRODUCER_FENCED';
      if (!isAnotherAtIt) throw error;
      await pause(backOff.next(), signal);
      signal.throwIfAborted();
    }
  }
}

/** Whether anything was ever written: a permission that was taken back counts, what somebody began to write and gave up does not. */
async function hasRecords({ client, partitions, signal, topic }: FirstPermissionsOptions): Promise<boolean> {
  const at = (timestamp: number) => Object.fromEntries(partitions.map((partition) => [partition, timestamp]));
  const [earliest, latest] = await Promise.all([
    client.listOffsets(topic, at(OffsetSpec.earliest), { signal }),
    client.listOffsets(topic, at(OffsetSpec.latest), { signal, isolation: 'read_committed' }),
  ]);
  for (const partition of partitions) {
    let { offset } = earliest[partition]!;
    // The log has let its beginning go.
    if (offset > 0) return true;
    while (offset < latest[partition]!.offset) {
      const position = { topic, partition, offset };
      const [fetched] = await client.fetch([position], { isolation: 'read_committed', maxWaitMs: 500, signal });
      if (fetched?.batches.some((batch) => batch.records().length > 0)) return true;
      // What lies between was compacted away.
      if (fetched === undefined || fetched.nextOffset === offset) return true;
      offset = fetched.nextOffset;
    }
  }
  return false;
}
