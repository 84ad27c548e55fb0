import type { SqlEngine } from '../engine/sql-engine.ts';
import { ApiError, errorCodes } from '../rest/api-error.ts';
import type { Entity } from '../rest/entities/index.ts';
import type { CommandTopic } from './command-topic.ts';
import type { DistributedCommands } from './distributed-commands.ts';

/**
 * Ends a service: its queries on all servers, the topics of its streams and tables that a pattern fits, and the topic of its statements.
 *
 * @throws ApiError 40000 for what is no pattern
 */
export async function terminateService(
  patterns: readonly string[],
  {
    engine,
    commands,
    commandTopic,
  }: { readonly engine: SqlEngine; readonly commands: DistributedCommands; readonly commandTopic: CommandTopic },
): Promise<readonly Entity[]> {
  const wanted = patterns.map(patternOf);
  const topics = new Set(engine.catalog.sources.map(({ topic }) => topic));
  await commands.terminate(patterns);
  for (const topic of topics) {
    const isWanted = wanted.some((pattern) => pattern.test(topic));
    if (isWanted && (await engine.topics.describe(topic)) !== undefined) await engine.topics.delete(topic);
  }
  await commandTopic.delete();
  return [];
}

function patternOf(text: string): RegExp {
  try {
    return new RegExp(`^(?:${text})$`);
  } catch (cause) {
    throw new ApiError(errorCodes.badRequest, `Invalid pattern: ${text}`, { cause });
  }
}
