import { PowerLossDisk } from '../../src/storage/testing/power-loss-disk.ts';
import { SeededRandom } from '../../src/storage/testing/seeded-random.ts';
import { TransactionWorld } from '../../src/transactions/testing/transaction-world.ts';
import { GroupSimulation } from './group-simulation.ts';
import { TransactionSimulation } from './transaction-simulation.ts';

/**
 * Random work of group members and transactional producers on the real coordinators and the real log, with errors of the disk, kills at
 * any operation of the disk, and, where every write waits for its fsync, power cuts; compared with what a model says.
 *
 * @returns how often each thing happened
 */
export async function simulateCoordinators(seed: number, steps: number): Promise<Record<string, number>> {
  const random = new SeededRandom(seed);
  const disk = new PowerLossDisk();
  const isFsyncMode = random.chance(0.5);
  const config = {
    'headwater.cache.bytes': random.pick([0, 10_000, 1_000_000]),
    'log.segment.bytes': random.pick([3_000, 50_000]),
    ...(isFsyncMode ? { 'log.flush.interval.messages': 1 } : {}),
  };
  const world = await TransactionWorld.open(config, null, disk);
  const transactions = new TransactionSimulation(world, random);
  const groups = new GroupSimulation(world, random);
  transactions.makeTopics();
  await world.store.flushMetadata();
  const counts: Record<string, number> = {};
  const count = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  const work = async () => {
    if (random.chance(0.6)) await transactions.step();
    else await groups.step();
  };
  /** Down and up again; with the power off, what no fsync covered is gone or not. */
  const comeBack = async (isPowerCut: boolean) => {
    if (isPowerCut) {
      world.files.hasCrashed = true;
      disk.powerCut(random);
    }
    await world.kill();
    transactions.lost();
    groups.restarted(!isPowerCut);
    count(isPowerCut ? 'power cut' : 'killed');
  };
  let step = 0;
  try {
    for (; step < steps; step++) {
      const dice = random.below(1_000);
      if (dice < 900) {
        await work();
        count('step');
      } else if (dice < 935) {
        // Dies at one of the next operations of the disk.
        let left = 1 + random.below(6);
        const afterBytes = random.pick([0, 10, 100, 1_000]);
        world.files.plan = ({ kind }) =>
          kind !== 'read' && kind !== 'open' && left-- === 1 ? { code: 'CRASH', afterBytes } : null;
        for (let tries = 0; !world.files.hasCrashed && tries < 5; tries++) await work().catch(unlessCrashed(world));
        await comeBack(isFsyncMode && random.chance(0.5));
      } else if (dice < 945) {
        await world.restart();
        transactions.lost();
        groups.restarted(true);
        count('restarted');
      } else if (dice < 975) {
        const code = random.pick(['EIO', 'ENOSPC'] as const);
        world.files.plan = ({ kind }) => (kind === 'write' ? { code, afterBytes: random.below(50) } : null);
        await transactions.step();
        world.files.plan = () => null;
        count('disk error');
      } else {
        const ms = random.pick([1_000, 10_000, 70_000, 70_000]);
        world.clock.advance(ms);
        for (let turns = 0; turns < 10; turns++) await new Promise(setImmediate);
        groups.passed(ms);
        count('time passed');
      }
      if (transactions.hasUnknown || random.chance(0.03)) {
        await transactions.settle();
        groups.passed(120_000);
        groups.check();
        count('settled');
      }
    }
    await transactions.settle();
    groups.check();
    return counts;
  } catch (error) {
    throw new Error(`Repeat with SEED=${seed}; step ${step} of ${steps}`, { cause: error });
  } finally {
    world.transactions.close();
    world.groups.close();
    await world.store.close().catch(() => {});
  }
}

function unlessCrashed(world: TransactionWorld) {
  return (error: unknown): void => {
    if (!world.files.hasCrashed) throw error;
  };
}
