import type { Logger } from '@headwater/logger';
import type { Clock } from '../../clock/clock.ts';
import type { MemoryBudget } from '../../network/memory-budget.ts';
import type { ClassicGroup } from '../classic/classic-group.ts';
import type { Group } from '../group.ts';
import type { GroupDirectory } from '../group-directory.ts';
import type { LogEntry } from '../offsets-log.ts';
import type { TopicsView } from '../topics-view.ts';

/** Settings of consumer groups; those with a group id may be set for a group alone (ConfigResource.GROUP). Read when needed. */
export interface ConsumerSettings {
  readonly maxSize: number;
  /** The first is for members that do not ask for one. */
  readonly assignorNames: readonly string[];
  readonly maySwitchToConsumer: boolean;
  readonly maySwitchToClassic: boolean;
  readonly classicMaxSize: number;
  readonly regexRefreshMs: number;
  sessionTimeoutMs(groupId: string): number;
  heartbeatIntervalMs(groupId: string): number;
  /** The shortest time between two targets of a group, so that many joins in a row make few. */
  assignmentIntervalMs(groupId: string): number;
}

/** What consumer groups need from the outside. */
export interface ConsumerContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: ConsumerSettings;
  readonly topics: TopicsView;
  readonly directory: GroupDirectory;
  /** For what members say of themselves, over all groups. */
  readonly memory: MemoryBudget;
  append(groupId: string, entries: readonly LogEntry[]): number;
  onRebalance(group: Group): void;
  newClassicGroup(groupId: string): ClassicGroup;
}
