import type { TopicPartition } from '../by-leader.ts';
import { ClientError } from '../client-error.ts';
import type { Assignor } from '../group/assignors/assignor.ts';
import { rangeAssignor } from '../group/assignors/range-assignor.ts';
import { roundRobinAssignor } from '../group/assignors/round-robin-assignor.ts';
import { cooperativeStickyAssignor, stickyAssignor } from '../group/assignors/sticky-assignor.ts';

export type AssignorName = 'range' | 'roundrobin' | 'sticky' | 'cooperative-sticky';

export interface ConsumerOptions {
  /** The group that shares the partitions out and keeps the offsets. Needed for `topics` and `pattern`. */
  groupId?: string;
  /** Topics to share with the group. */
  topics?: readonly string[];
  /** All topics, also later ones, whose whole name it matches, or that it says yes to; internal ones are left out. */
  pattern?: RegExp | ((topic: string) => boolean);
  /** As `pattern`, but evaluated by the broker (RE2 syntax); with groupProtocol 'consumer' only. */
  serverPattern?: string;
  /** These partitions and no others, without the group's assignment; offsets are kept when there is a `groupId`. */
  partitions?: Record<string, readonly number[]>;
  /** 'classic': members assign. 'consumer': the broker does (KIP-848). Default 'classic'. */
  groupProtocol?: 'classic' | 'consumer';
  /** Offered to a classic group, the best first. Default range, then cooperative-sticky, as in Java. */
  assignors?: readonly (AssignorName | Assignor)[];
  /** 'uniform' or 'range', with groupProtocol 'consumer'. Default: the broker's. */
  serverAssignor?: string;
  /** Makes a static member (KIP-345): unique in the group, the same after a restart. */
  groupInstanceId?: string;
  rackId?: string;
  /** The classic group gives a silent member up after it. Default 45,000; with the new protocol it is the broker's. */
  sessionTimeoutMs?: number;
  /** Of a classic member. Default 3,000. */
  heartbeatIntervalMs?: number;
  /**
   * Longest time between two calls of `poll` or `next`; a consumer that takes longer leaves its group, and the members
   * of a group wait for each other as long. Default 300,000.
   */
  maxPollIntervalMs?: number;
  /**
   * Where to start without a committed offset, and where to go on when the log has not got the offset: an end of the
   * log, the first record not older than a time, or than so long ago. 'fail' rejects. Default 'latest'.
   */
  autoOffsetReset?: 'earliest' | 'latest' | 'fail' | { timestamp: number } | { agoMs: number };
  /** Commits in the background what the application is done with: the batches before the one that it holds. Default true. */
  autoCommit?: boolean;
  /** Default 5,000. */
  autoCommitIntervalMs?: number;
  /** 'read_committed' leaves out records of open and of aborted transactions. Default 'read_uncommitted'. */
  isolation?: 'read_uncommitted' | 'read_committed';
  /** How long a broker waits for new records before it answers with none. Default 500. */
  maxWaitMs?: number;
  /** A broker waits for so much. Default 1. */
  minBytes?: number;
  /** Most bytes of one partition in an answer, and the size at which it is not fetched further ahead. Default 1 MiB. */
  partitionMaxBytes?: number;
  /** Most bytes of one answer. Default 16 MiB. */
  maxBytes?: number;
  /** Fetched and not yet taken; nothing more is fetched while this is passed. Default 32 MiB. */
  maxBufferedBytes?: number;
  /** How often to look for topics that match and for partitions that were added. Default 30,000. */
  discoveryIntervalMs?: number;
  /** Whether closing leaves the group at once. Default: true for dynamic members, false for static ones. */
  leaveOnClose?: boolean;
  /**
   * New partitions, before anything of them is read: `seek` here. Rebalance callbacks are awaited, and called while the
   * application waits in `poll` or `next`, or holds nothing.
   */
  onPartitionsAssigned?: (partitions: readonly TopicPartition[]) => void | Promise<void>;
  /** Before partitions go to others: the moment to finish and `commit` what was taken of them. */
  onPartitionsRevoked?: (partitions: readonly TopicPartition[]) => void | Promise<void>;
  /** Others have them already, nothing can be committed. Default: `onPartitionsRevoked`. */
  onPartitionsLost?: (partitions: readonly TopicPartition[]) => void | Promise<void>;
  /** Closes the consumer when it aborts, without a commit. */
  signal?: AbortSignal;
}

const BUILT_IN: Record<AssignorName, () => Assignor> = {
  range: rangeAssignor,
  roundrobin: roundRobinAssignor,
  sticky: stickyAssignor,
  'cooperative-sticky': cooperativeStickyAssignor,
};

export function assignorsOf(given: ConsumerOptions['assignors']): Assignor[] {
  return (given ?? ['range', 'cooperative-sticky']).map((assignor) => {
    if (typeof assignor !== 'string') return assignor;
    const make = BUILT_IN[assignor];
    if (make === undefined) throw badOption(`there is no assignor '${assignor}': ${Object.keys(BUILT_IN).join(', ')}`);
    return make();
  });
}

export function checkConsumerOptions(options: ConsumerOptions): void {
  const { groupId, topics, pattern, serverPattern, partitions, groupProtocol, groupInstanceId } = options;
  const ways = [topics, pattern, serverPattern, partitions].filter((way) => way !== undefined);
  if (ways.length !== 1) {
    throw badOption('a consumer needs one of topics, pattern, serverPattern and partitions');
  }
  if (groupId === '' || (groupId === undefined && partitions === undefined)) {
    throw badOption('a consumer of topics needs a groupId; without a group it takes partitions, or use tail()');
  }
  if (serverPattern !== undefined && groupProtocol !== 'consumer') {
    throw badOption("serverPattern needs groupProtocol: 'consumer'; pattern works with both");
  }
  if (groupInstanceId === '') throw badOption('groupInstanceId is empty');
  if (options.assignors?.length === 0) throw badOption('assignors is empty');
}

export function badOption(message: string): ClientError {
  return new ClientError('HW_CLIENT_BAD_OPTION', message);
}
