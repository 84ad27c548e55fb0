import { setTimeout as delay } from 'node:timers/promises';
import { ApiKey, ErrorCode, errorInfo } from '@headwater/protocol';
import { ConnectionLost, type Session } from './session.ts';
import type { World } from './world.ts';

/** One client that goes on and on. */
export interface Actor {
  /** Does one thing and waits for its answers; false when there was nothing left to do (only when it `isEnding`). */
  step(isEnding: boolean): Promise<boolean>;
}

/** A kind of work that the broker is killed under, and what must be true of it afterwards. */
export interface Load {
  readonly name: string;
  readonly actors: readonly Actor[];
  /** Makes topics; the broker is not killed yet. */
  prepare(session: Session): Promise<void>;
  /** While nobody works. `isFinal`: all was finished, and all of it is looked at again. @throws AssertionError */
  check(session: Session, isFinal: boolean): Promise<void>;
  /** What was done, in a few words. */
  summary(): string;
}

/** Lets an actor work until it ends; what a kill interrupts it takes up again. */
export async function drive(actor: Actor, world: World): Promise<void> {
  try {
    for (;;) {
      await world.pass();
      try {
        const { isEnding } = world;
        if (!(await actor.step(isEnding)) && isEnding) return;
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        await delay(5);
      }
    }
  } catch (error) {
    world.failure ??= error;
    world.open();
  }
}

/** What a broker may say while it starts, or while a transaction before is being ended: ask again. */
const passing: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.CONCURRENT_TRANSACTIONS,
  ErrorCode.UNSTABLE_OFFSET_COMMIT,
  ErrorCode.NOT_CONTROLLER,
  ErrorCode.BROKER_NOT_AVAILABLE,
  ErrorCode.NETWORK_EXCEPTION,
]);

const patienceMs = 60_000;

export function isPassing(errorCode: number): boolean {
  return passing.has(errorCode);
}

/** Asks until the answer is final: a broker may need a moment after its start, never for good. */
export async function settled<T>(ask: () => Promise<T>, errorOf: (answer: T) => number): Promise<T> {
  const endMs = performance.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    const errorCode = errorOf(answer);
    if (!isPassing(errorCode)) return answer;
    if (performance.now() > endMs) throw new Error(`Still ${nameOf(errorCode)} after ${patienceMs} ms.`);
    await delay(10);
  }
}

export function nameOf(errorCode: number): string {
  return errorCode === 0 ? 'NONE' : errorInfo(errorCode).name;
}

/** Makes a topic; a broker whose least segment size is larger (Kafka's is 1 MiB) gets that. */
export async function makeTopic(
  session: Session,
  name: string,
  numPartitions: number,
  configs: Record<string, string>,
): Promise<void> {
  const create = async (used: Record<string, string>) => {
    const pairs = Object.entries(used).map(([key, value]) => ({ name: key, value }));
    const topic = { name, numPartitions, replicationFactor: 1, assignments: [], configs: pairs };
    const body = { topics: [topic], timeoutMs: 30_000 };
    return (await session.call(ApiKey.CreateTopics, 7, body)).topics[0]!;
  };
  let made = await create(configs);
  if (made.errorCode === ErrorCode.INVALID_CONFIG) made = await create({ ...configs, 'segment.bytes': '1048576' });
  if (made.errorCode !== 0) throw new Error(`topic ${name}: ${nameOf(made.errorCode)} ${made.errorMessage}`);
}
