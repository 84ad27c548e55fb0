import { engineCopy } from '../engine/engine-copy.ts';
import type { NewTopic, Topics } from '../engine/engine-services.ts';
import type { SqlEngine, StatementResult } from '../engine/sql-engine.ts';
import { isShaping, openInputs } from '../engine/statement-inputs.ts';
import { ApiError, errorCodes } from '../rest/api-error.ts';
import type { CommandStatus } from '../rest/entities/index.ts';
import type { Command } from './command.ts';
import { commandIdOf } from './command-id.ts';
import type { CommandRunner } from './command-runner.ts';
import type { AskedStatement, DoneStatement, StatementQueue } from './statement-queue.ts';

export interface DistributedCommandsOptions {
  readonly engine: SqlEngine;
  readonly runner: CommandRunner;
  /** Resolves when a query runs or has failed, or after a while: the answer waits for it, the next statement of others does not. */
  settled(queryId: string): Promise<void>;
}

interface Attempt {
  readonly command: Command;
  /** Topics that go with it. */
  readonly deleted: readonly string[];
  readonly warnings: StatementResult['warnings'];
}

/** How often a statement is tried again because other servers were faster. */
const attemptsMost = 100;

/**
 * Statements of a service with one server or many. A statement is tried on a copy of the catalogue, its topics are made, and then it is
 * written to the log with the offset that it was tried for; when something else got there first it is tried anew.
 */
export class DistributedCommands implements StatementQueue {
  readonly #options: DistributedCommandsOptions;

  constructor(options: DistributedCommandsOptions) {
    this.#options = options;
  }

  get statuses(): ReadonlyMap<string, CommandStatus> {
    return this.#options.runner.statuses.all;
  }

  async run({ script, session, statement, text }: AskedStatement): Promise<DoneStatement> {
    const { engine, settled } = this.#options;
    const commandId = commandIdOf(statement);
    const properties = new Map([...engine.settings].filter(([name]) => isShaping(name)));
    for (const [name, value] of session.properties) properties.set(name, value);
    const { command, deleted, status, warnings } = await this.#agreed(async (offset) => {
      const { copy, topics } = engineCopy(engine, engine.registry);
      copy.numberQueriesFrom(offset);
      const inputs = openInputs();
      const { warnings } = await copy.execute(script, {
        properties: new Map(session.properties),
        variables: session.variables,
        inputs,
      });
      for (const topic of topics.made) await makeTopic(engine.topics, topic);
      const made = { kind: 'statement', commandId, offset, statement: text, properties, ...inputs } as const;
      return { command: made, deleted: topics.deleted, warnings };
    });
    if (status.status === 'SUCCESS') {
      // When the statement is done everywhere nobody needs them; a server that does it later must not delete what was made anew since.
      for (const topic of deleted) await engine.topics.delete(topic);
      if (status.queryId !== null) await settled(status.queryId);
    }
    return { commandId, status, sequenceNumber: command.offset, warnings };
  }

  /** Ends the service: its queries on all servers. */
  async terminate(deleteTopics: readonly string[]): Promise<void> {
    await this.#agreed(async (offset) => ({
      command: { kind: 'terminate', commandId: 'cluster/ALL/terminate', offset, deleteTopics },
      deleted: [],
      warnings: [],
    }));
  }

  waitFor(sequenceNumber: number, timeoutMs: number): Promise<boolean> {
    return this.#options.runner.waitFor(sequenceNumber, timeoutMs);
  }

  async #agreed(attempt: (offset: number) => Promise<Attempt>): Promise<Attempt & { readonly status: CommandStatus }> {
    const { engine, runner } = this.#options;
    for (let attempts = 0; attempts < attemptsMost; attempts++) {
      if (runner.isTerminated) throw new ApiError(errorCodes.shutDown, 'The server has been terminated');
      // Nothing gets into the log while a query is swapped: what it was tried with would not hold.
      const done = await engine.shared(async () => {
        const made = await attempt(runner.nextOffset);
        const status = await runner.append(made.command).catch((cause: Error) => {
          const message = `Could not write the statement '${made.command.commandId}' into the command topic: ${cause.message}`;
          throw new ApiError(errorCodes.serverError, message, { cause });
        });
        return status === null ? null : { ...made, status };
      });
      if (done !== null) return done;
    }
    throw new ApiError(errorCodes.serverError, 'Other servers write statements faster than this one: send it again');
  }
}

/** Another server may have made it meanwhile. */
async function makeTopic(topics: Topics, topic: NewTopic): Promise<void> {
  try {
    await topics.create(topic);
  } catch (error) {
    if ((await topics.describe(topic.name)) === undefined) throw error;
  }
}
