import type { TopicPartition } from '../by-leader.ts';
import type { ClientError } from '../client-error.ts';

/** What a membership needs of the consumer that it is for; all of it is awaited. */
export interface MembershipHost {
  /** What the consumer holds at present. */
  owned(): readonly TopicPartition[];
  /** Commits and gives up; at a moment at which the application has no batch in hand. */
  revoke(partitions: readonly TopicPartition[]): Promise<void>;
  /** Takes on partitions, from where the group has committed. */
  assign(partitions: readonly TopicPartition[]): Promise<void>;
  /** Gives everything up without a commit: it belongs to others by now. */
  lose(error: ClientError): Promise<void>;
  /** The consumer ends with this error. */
  fail(error: unknown): void;
}

/** A consumer's place in its group, under either protocol. */
export interface Membership {
  /** '' before the group has given one. */
  readonly memberId: string;
  /** The generation, or the member epoch; -1: not in the group. */
  readonly epoch: number;
  start(): void;
  /** The topics to consume have changed: sorted, existing or not. */
  subscribe(topics: readonly string[]): void;
  /** Partitions or ids of the topics have changed: who assigns has to do it again. */
  topicsChanged(): void;
  /** Leaves until `resume()`: the application has not polled for too long. */
  suspend(reason: string): void;
  resume(): void;
  close(options: { leave?: boolean | undefined; timeoutMs?: number }): Promise<void>;
}

export const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/** Those of `all` that are not in `others`. */
export function without(all: readonly TopicPartition[], others: readonly TopicPartition[]): TopicPartition[] {
  const keys = new Set(others.map(keyOf));
  return all.filter((item) => !keys.has(keyOf(item)));
}
