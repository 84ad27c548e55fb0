/**
 * A Kafka Streams word count (../java) that is killed and started again while lines are written, and must still count right.
 * Called as: script.ts BOOTSTRAP PREFIX SCENARIO; needs KAFKA_TOOL and JAVA_CLASSES, what ../java was compiled to.
 * HEADWATER_CLIENTS_FULL=1: more lines and kills. SEED takes the waits before the kills again.
 */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { type KillableBroker, killableBroker } from './killable-broker.ts';
import { skip } from './skip.ts';
import { Tool } from './tool.ts';

interface Form {
  lines: number;
  linesPerSecond: number;
  kills: number;
}

const short: Form = { lines: 3_000, linesPerSecond: 250, kills: 2 };
const full: Form = { lines: 60_000, linesPerSecond: 500, kills: 20 };
/** How long the reader waits for the next count before it gives up. */
const patienceSeconds = 90;

const [givenBootstrap, prefix, scenario] = process.argv.slice(2) as [string, string, string];
const form = process.env['HEADWATER_CLIENTS_FULL'] === '1' ? full : short;
const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));
let state = seed;

/** 0 to below `limit`, from the seed (a linear congruence). */
function random(limit: number): number {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
  return (state >>> 8) % limit;
}

function java(name: string, args: readonly (string | number)[]): Tool {
  return new Tool(process.env['KAFKA_TOOL']!, [`headwater.${name}`, ...args.map(String)], undefined, {
    ...process.env,
    KAFKA_TOOL_CLASSPATH: process.env['JAVA_CLASSES']!,
  });
}

async function createTopics(bootstrap: string, names: readonly string[]): Promise<void> {
  const admin = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ topics: names.map((topic) => ({ topic, numPartitions: 4 })), waitForLeaders: true });
  await admin.disconnect();
}

/** The last number that a running word count printed of the lines that it has seen since it started. */
function seen(app: Tool): number {
  return Number(/.*^seen (\d+)/ms.exec(app.stdout.slice(-2_000))?.[1] ?? 0);
}

interface Kills {
  app: boolean;
  broker: KillableBroker | null;
}

async function wordCount(guarantee: 'exactly_once_v2' | 'at_least_once', kills: Kills): Promise<void> {
  const bootstrap = kills.broker?.bootstrap ?? givenBootstrap;
  const [input, output] = [`${prefix}-input`, `${prefix}-output`];
  await createTopics(bootstrap, [input, output]);
  const stateDir = await mkdtemp(join(tmpdir(), 'headwater-streams-'));
  const startApp = (): Tool => java('WordCount', [bootstrap, prefix, input, output, stateDir, guarantee]);
  const errors: string[] = [];
  let app = startApp();
  // Not before the application runs, or all would be written by then.
  await app.until('the word count to run', () => app.stdout.includes(' RUNNING'), 120_000);
  const writer = java('WordCountInput', [bootstrap, input, form.lines, form.linesPerSecond, seed]);
  try {
    for (let kill = 0; kill < form.kills; kill++) {
      const before = seen(app);
      await app.until(
        'the word count to see lines',
        () => seen(app) > before + 50 || writer.exitCode !== null,
        120_000,
      );
      await new Promise((resolve) => setTimeout(resolve, random(1_500)));
      if (kills.broker !== null) await kills.broker.killAndRestart();
      if (kills.app) {
        errors.push(...app.lines.filter((line) => line.startsWith('error')));
        await app.stop('SIGKILL');
        // Every third time without its state on disk: it is read again from the changelog.
        if (kill % 3 === 2) await rm(stateDir, { recursive: true, force: true });
        app = startApp();
      }
    }
    const wrote = await writer.output();
    assert.match(wrote, new RegExp(`^done ${form.lines} 0$`, 'm'));
    const mode = guarantee === 'exactly_once_v2' ? 'exactly' : 'atLeast';
    const checked = await java('WordCountCheck', [bootstrap, input, output, mode, patienceSeconds]).output();
    assert.match(checked, new RegExp(`^ok ${form.lines} lines`, 'm'));
    console.log(`# ${form.kills} kills, ${checked.trim().split('\n').at(-1)!.slice(3)}`);
  } catch (error) {
    errors.push(...app.lines.filter((line) => line.startsWith('error')));
    console.log(`${errors.slice(-5).join('\n')}\n${app.stderr.slice(-6_000)}\nseed ${seed}`);
    throw error;
  } finally {
    await writer.stop('SIGKILL');
    await app.stop('SIGKILL');
    await rm(stateDir, { recursive: true, force: true });
  }
}

async function withBrokerKills(kills: (broker: KillableBroker) => Promise<void>): Promise<void> {
  const broker = await killableBroker(givenBootstrap);
  if (broker === null) skip('a broker that is not our own is killed by --restart-broker COMMAND only');
  try {
    await kills(broker);
  } finally {
    await broker.close();
  }
}

const scenarios: Record<string, () => Promise<void>> = {
  'exactly-once': () => wordCount('exactly_once_v2', { app: true, broker: null }),
  'at-least-once': () => wordCount('at_least_once', { app: true, broker: null }),
  'exactly-once-broker-killed': () => withBrokerKills((broker) => wordCount('exactly_once_v2', { app: false, broker })),
  'at-least-once-broker-killed': () => withBrokerKills((broker) => wordCount('at_least_once', { app: false, broker })),
};

await scenarios[scenario]!();
