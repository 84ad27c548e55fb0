import { setTimeout as delay } from 'node:timers/promises';
import { ApiKey } from '@headwater/protocol';
import { SeededRandom } from '../../src/storage/testing/seeded-random.ts';
import { CommitLoad } from './commit-load.ts';
import { CompactedLoad } from './compacted-load.ts';
import { GroupLoad } from './group-load.ts';
import { IdempotentLoad } from './idempotent-load.ts';
import { type KillableBroker, until } from './killable-broker.ts';
import { drive, type Load, settled } from './load.ts';
import { RetentionLoad } from './retention-load.ts';
import { ConnectionLost, Session } from './session.ts';
import { TopicLoad } from './topic-load.ts';
import { TransactionLoad } from './transaction-load.ts';
import { World } from './world.ts';

export interface KillOptions {
  broker: KillableBroker;
  kills: number;
  seed: number;
  /** Longest time between a restart and the next kill, beside that for some progress; default 400. A slow broker needs more. */
  pauseMs?: number;
  /** Told after each kill. */
  onKill?: (kill: number) => void;
}

export interface KillReport {
  kills: number;
  /** Kills of a broker that was not up yet. */
  killsAtStart: number;
  /** What was looked at after a kill with nobody else working; after the others clients just went on. */
  checks: number;
  loads: Record<string, string>;
}

const makeLoads: ((world: World) => Load)[] = [
  (world) => new IdempotentLoad(world),
  (world) => new CompactedLoad(world),
  (world) => new RetentionLoad(world),
  (world) => new CommitLoad(world),
  (world) => new GroupLoad(world),
  (world) => new TopicLoad(world),
  (world) => new TransactionLoad(world),
];

/**
 * Kills a broker with SIGKILL at random moments, while it works and while it starts, under all loads at once, and checks after each
 * restart that nothing acknowledged is lost, doubled, or in another order.
 *
 * The moments are random in time, so a seed repeats the loads, not the interleaving.
 */
export async function killAgainAndAgain({
  broker,
  kills,
  seed,
  pauseMs = 400,
  onKill,
}: KillOptions): Promise<KillReport> {
  const random = new SeededRandom(seed);
  const world = new World(random);
  world.keepsDeletions = broker.name === 'headwater';
  const loads = makeLoads.map((make) => make(world));
  const report: KillReport = { kills: 0, killsAtStart: 0, checks: 0, loads: {} };
  try {
    world.address = await broker.start();
    const session = new Session(world);
    await findCoordinators(session);
    for (const load of loads) await load.prepare(session);
    const actors = loads.flatMap((load) => load.actors);
    const driven = Promise.all(actors.map((actor) => drive(actor, world)));
    while (report.kills < kills) {
      const answered = world.answers;
      await until(() => world.answers > answered + actors.length * 2 || world.failure !== null, 'progress');
      await delay(random.below(pauseMs));
      if (world.failure !== null) throw world.failure;
      const isChecked = random.chance(0.6);
      if (isChecked) world.close();
      await broker.kill();
      report.kills++;
      if (random.chance(0.15) && report.kills < kills) {
        await broker.startAndKill(random.below(1_200));
        report.kills++;
        report.killsAtStart++;
      }
      world.address = await broker.start();
      if (isChecked) {
        await until(() => world.waiting === actors.length || world.failure !== null, 'all loads to notice the kill');
        await check(loads, world, false);
        report.checks++;
        world.open();
      }
      onKill?.(report.kills);
    }
    world.isEnding = true;
    await driven;
    await check(loads, world, true);
    report.checks++;
    for (const load of loads) report.loads[load.name] = load.summary();
    return report;
  } catch (error) {
    throw new Error(`After ${report.kills} kills, SEED=${seed}`, { cause: error });
  } finally {
    world.failure ??= new Error('over');
    world.open();
    await broker.kill();
  }
}

async function check(loads: readonly Load[], world: World, isFinal: boolean): Promise<void> {
  if (world.failure !== null) throw world.failure;
  const session = new Session(world);
  try {
    for (const load of loads) await load.check(session, isFinal);
  } catch (error) {
    if (error instanceof ConnectionLost)
      throw new Error('The broker went away while it was checked.', { cause: error });
    throw error;
  } finally {
    session.close();
  }
}

/** Kafka makes the topics of its coordinators when somebody asks for one. */
async function findCoordinators(session: Session): Promise<void> {
  for (const keyType of [0, 1]) {
    await settled(
      () => session.call(ApiKey.FindCoordinator, 3, { key: 'kill', keyType }),
      (answer) => answer.errorCode,
    );
  }
}
