import { setTimeout as sleep } from 'node:timers/promises';
import { RegistryClientError } from '@headwater/serdes';
import type { SqlEngine } from '../../engine/sql-engine.ts';
import { literalValue } from '../../expressions/list-item.ts';
import type { AssertSchema, AssertTopic, TimeSpan } from '../../syntax/ast/index.ts';
import { ApiError, errorCodes } from '../api-error.ts';
import type { Entity } from '../entities/index.ts';
import { answerHead } from './answer-head.ts';

const lookEveryMs = 100;

/** Nothing is waited for longer than this setting says. */
const longest = { name: 'headwater.assert.max.timeout.ms', defaultMs: 600_000 };

/** ASSERT TOPIC: waits until it is as it should be. @throws ApiError 41700 when it is not within the time */
export async function assertTopic(
  engine: SqlEngine,
  statement: AssertTopic,
  text: string,
  signal: AbortSignal | undefined,
): Promise<Entity> {
  const { isExpected, timeout, topic } = statement;
  const timeoutMs = waitMs(engine, timeout, 'ksql.assert.topic.default.timeout.ms');
  await holds(() => topicFault(engine, statement), timeoutMs, signal);
  return { '@type': 'assert_topic', ...answerHead(text), topicName: topic, exists: isExpected };
}

/** ASSERT SCHEMA, likewise. */
export async function assertSchema(
  engine: SqlEngine,
  statement: AssertSchema,
  text: string,
  signal: AbortSignal | undefined,
): Promise<Entity> {
  const { id, isExpected, subject, timeout } = statement;
  if (engine.registry === null)
    throw new ApiError(errorCodes.assertFailed, `Cannot check schema existence: ${noRegistry}`);
  const timeoutMs = waitMs(engine, timeout, 'ksql.assert.schema.default.timeout.ms');
  await holds(() => schemaFault(engine, statement), timeoutMs, signal);
  return { '@type': 'assert_schema', ...answerHead(text), subject, id, exists: isExpected };
}

/** Looks again and again: what is wrong is only told when the time is up. */
async function holds(
  faultNow: () => Promise<string | null>,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let left = Math.trunc(timeoutMs / lookEveryMs); ; left--) {
    const fault = await faultNow();
    if (fault === null) return;
    if (left <= 0 || signal?.aborted) throw new ApiError(errorCodes.assertFailed, fault);
    await sleep(lookEveryMs, undefined, { signal, ref: false }).catch(() => {});
  }
}

async function topicFault(engine: SqlEngine, statement: AssertTopic): Promise<string | null> {
  const { isExpected, properties, topic } = statement;
  let found: Awaited<ReturnType<SqlEngine['topics']['describe']>>;
  try {
    found = await engine.topics.describe(topic);
  } catch (error) {
    return `Cannot check topic existence: ${(error as Error).message}`;
  }
  if (!isExpected) return found === undefined ? null : `Topic ${topic} exists`;
  if (found === undefined) return `Topic ${topic} does not exist`;
  const faults: string[] = [];
  for (const [name, value] of properties) {
    const config = name.toLowerCase();
    if (config !== 'partitions' && config !== 'replicas') {
      faults.push(`Cannot assert unknown topic property: ${name}`);
    } else if (value.kind !== 'integer' || value.value !== found[config]) {
      const expected = String(literalValue(value));
      faults.push(
        `Mismatched configuration for topic ${topic}: For config ${config}, expected ${expected} got ${found[config]}`,
      );
    }
  }
  return faults.length === 0 ? null : faults.join('\n');
}

async function schemaFault(engine: SqlEngine, { id, isExpected, subject }: AssertSchema): Promise<string | null> {
  const named = `${subject === null ? '' : ` subject name ${subject}`}${id === null ? '' : ` id ${id}`}`;
  let isThere: boolean;
  try {
    isThere = await schemaExists(engine, subject, id);
  } catch (error) {
    return `Cannot check schema existence: ${(error as Error).message}`;
  }
  if (isThere === isExpected) return null;
  return `Schema with${named} ${isThere ? 'exists' : 'does not exist'}`;
}

/** Subjects come and go, so what the client keeps of them is not asked; the schema of an id stays the same. */
async function schemaExists({ registry }: SqlEngine, subject: string | null, id: number | null): Promise<boolean> {
  if (registry === null || (subject === null && id === null)) return registry !== null;
  if (id === null) return (await registry.subjects()).includes(subject!);
  try {
    if (subject === null) await registry.schemaById(id);
    else return (await registry.versionsOf(id)).some((version) => version.subject === subject);
    return true;
  } catch (error) {
    if (error instanceof RegistryClientError && error.isNotFound) return false;
    throw error;
  }
}

const noRegistry = 'this server knows of no schema registry. Start it with ksql.schema.registry.url';

function waitMs({ settings }: SqlEngine, timeout: TimeSpan | null, defaultName: string): number {
  const longestMs = Number(settings.get(longest.name) ?? longest.defaultMs);
  return Math.min(longestMs, timeout?.durationMs ?? Number(settings.get(defaultName) ?? 1_000));
}
