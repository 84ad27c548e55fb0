import { BackOff, pause, unlessAborted } from './back-off.ts';
import { GroupMember, type GroupMemberOptions } from './group-member.ts';
import { type Fetched, type InRecord, TopicReader } from './topic-reader.ts';
import { reasonOf, TweetsError } from './tweets-error.ts';

export interface GroupReaderOptions extends GroupMemberOptions {
  /** Batches begin at least this far apart, so that a busy topic comes in fewer, larger ones; a quiet one is read at once. */
  gatherMs: number;
  /** Called before the first records of every assignment, also when it is empty, or the same again after a failure. */
  onAssigned?: (partitions: readonly number[], reader: TopicReader) => Promise<void>;
  /** Called when the group can no longer count on this member: its partitions may be another's by now. */
  onLost?: () => void;
  /** Offsets are committed when this resolves. When it rejects, the same records come again. */
  onRecords: (records: InRecord[]) => Promise<void>;
}

const maxWaitMs = 1_000;
/** A batch of so many says that there is more to catch up with than to wait for. */
const backlogRecords = 500;
/** A stop lets the batch at hand finish, if it does so soon. */
const closeGraceMs = 700;

/**
 * Reads a topic as a member of a consumer group until the signal is aborted: at least once, in order within a partition, one
 * batch at a time (the log waits for a slow reader, not a queue). Failures of the broker are waited out; a TweetsError is not.
 */
export async function readGroup(options: GroupReaderOptions): Promise<void> {
  const { logger, signal, groupId, topic } = options;
  const backOff = new BackOff({ maxMs: 2_000 });
  let member: GroupMember | undefined;
  while (!signal.aborted) {
    try {
      member ??= await GroupMember.join(options);
      await readUntilFailure(options, member, () => backOff.reset());
    } catch (error) {
      if (signal.aborted) break;
      const isFatal = error instanceof TweetsError;
      // A member that the broker may still know stays: a new one would have to wait for the end of the old one's session.
      if (isFatal || member?.hasFailed) {
        options.onLost?.();
        await member?.close();
        member = undefined;
      }
      if (isFatal) throw error;
      const retryInMs = backOff.next();
      logger.warn({ groupId, topic, retryInMs, reason: reasonOf(error) }, 'cannot read, tries again');
      await pause(retryInMs, signal);
    }
  }
  options.onLost?.();
  await member?.close();
}

async function readUntilFailure(
  options: GroupReaderOptions,
  member: GroupMember,
  onProgress: () => void,
): Promise<void> {
  const { signal, topic, logger } = options;
  const reader = await TopicReader.open(options, topic);
  try {
    member.useTopic(await reader.topicId());
    let positions: Map<number, number> | undefined;
    let gatherUntilMs = 0;
    while (!signal.aborted) {
      const change = member.takeChange();
      if (change !== undefined) {
        logger.info({ groupId: options.groupId, topic, partitions: change }, 'partitions assigned');
        const { onAssigned } = options;
        if (onAssigned) await unlessAborted(member.inDoubt(onAssigned(change, reader)), signal);
      }
      if (change !== undefined) positions = undefined;
      positions ??= await unlessAborted(member.committedOffsets(reader), signal);
      if (positions === undefined) return;
      if (positions.size === 0) {
        await unlessAborted(member.changed(), signal);
        continue;
      }
      await pause(gatherUntilMs - performance.now(), signal);
      const fetched = await unlessAborted(reader.fetch(positions, maxWaitMs), signal);
      const isBacklog = fetched !== undefined && fetched.records.length >= backlogRecords;
      gatherUntilMs = isBacklog ? 0 : performance.now() + options.gatherMs;
      onProgress();
      if (fetched === undefined || member.hasChanged) continue;
      if (fetched.records.length > 0) {
        await unlessAborted(process(options, member, fetched, positions), signal, closeGraceMs);
      }
      positions = fetched.next;
    }
  } finally {
    await reader.close();
  }
}

async function process(
  options: GroupReaderOptions,
  member: GroupMember,
  fetched: Fetched,
  before: ReadonlyMap<number, number>,
): Promise<void> {
  await member.inDoubt(options.onRecords(fetched.records));
  // Partitions may have gone to another member meanwhile: then that one reads these records again.
  if (!member.hasChanged) await member.commit(fetched.next, before);
}
