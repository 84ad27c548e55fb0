import { randomUUID } from 'node:crypto';
import type { Rewind } from '../engine/rewind/rewind.ts';
import type { Column } from '../schema/column.ts';
import { SqlError } from '../sql-error.ts';
import { parseType } from '../syntax/parse.ts';
import { typeText } from '../types/sql-type.ts';

/** The form of commands that this version writes; it reads older ones too. */
const formVersion = 1;

interface CommandHead {
  /** `stream/RIDES/create`. */
  readonly commandId: string;
  /** The command counts if it lies at this offset of its log: it was tried with all that comes before, and nothing else. */
  readonly offset: number;
}

/** A statement, and all that it needs to do the same again. */
export interface StatementCommand extends CommandHead {
  readonly kind: 'statement';
  /** With the values of variables in it. */
  readonly statement: string;
  /** Settings that it was tried with: the session's, and of the server's those that shape plans. */
  readonly properties: ReadonlyMap<string, string>;
  /** What the registry had for columns that the statement leaves open. */
  readonly columns: ReadonlyMap<'key' | 'value', readonly Column[]>;
  /** Partitions of the topics that its joins are of. */
  readonly partitions: ReadonlyMap<string, number>;
  /** Of the query that it starts. */
  readonly queryId: string | null;
}

/** The end of the whole service. */
export interface TerminateCommand extends CommandHead {
  readonly kind: 'terminate';
  readonly deleteTopics: readonly string[];
}

/** A query's new generation took the place of the old one: written with what that changed, in one transaction, wherever it comes to lie. */
export interface SwapCommand extends CommandHead {
  readonly kind: 'swap';
  readonly runId: string;
  readonly queryId: string;
  readonly sinkName: string;
}

export type Command = StatementCommand | TerminateCommand | SwapCommand;

/** @returns a record of the command topic */
export function swapRecord({ building, query, runId }: Rewind): { readonly key: Buffer; readonly value: Buffer } {
  const { id: queryId, sinkName } = query;
  const commandId = `query/${queryId}/swap`;
  const value = commandBytes({ kind: 'swap', commandId, offset: -1, runId, queryId, sinkName });
  return { key: Buffer.from(`swap-${building.id}-${randomUUID().slice(0, 8)}`), value };
}

/** JSON, as it lies in the log. */
export function commandBytes(command: Command): Buffer {
  const { commandId, kind, offset } = command;
  const head = { version: formVersion, kind, commandId, offset };
  if (command.kind === 'terminate') return json({ ...head, deleteTopics: command.deleteTopics });
  if (command.kind === 'swap') {
    return json({ ...head, runId: command.runId, queryId: command.queryId, sinkName: command.sinkName });
  }
  const columns = Object.fromEntries(
    Array.from(command.columns, ([part, all]) => [part, all.map(({ name, type }) => [name, typeText(type)])]),
  );
  const { queryId, statement } = command;
  const [properties, partitions] = [Object.fromEntries(command.properties), Object.fromEntries(command.partitions)];
  return json({ ...head, statement, properties, columns, partitions, queryId });
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** @throws SqlError HW_SQL_COMMAND for what no version up to this one has written */
export function readCommand(bytes: Buffer): Command {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
  } catch (cause) {
    throw new SqlError(
      'HW_SQL_COMMAND',
      'A record of the command topic is not JSON: only the SQL server may write to it',
      {
        cause,
      },
    );
  }
  const { commandId, kind, offset, version } = value ?? {};
  if (version !== formVersion || typeof commandId !== 'string' || typeof offset !== 'number') {
    throw new SqlError(
      'HW_SQL_COMMAND',
      `A command is of form ${String(version)}, this server reads form ${formVersion}: run the version that wrote it`,
    );
  }
  if (kind === 'terminate') return { kind, commandId, offset, deleteTopics: value['deleteTopics'] as string[] };
  if (kind === 'swap') {
    const [runId, queryId, sinkName] = ['runId', 'queryId', 'sinkName'].map((name) => String(value[name]));
    return { kind, commandId, offset, runId: runId!, queryId: queryId!, sinkName: sinkName! };
  }
  const columns = Object.entries((value['columns'] ?? {}) as Record<'key' | 'value', [name: string, type: string][]>);
  return {
    kind: 'statement',
    commandId,
    offset,
    statement: String(value['statement']),
    properties: new Map(Object.entries((value['properties'] ?? {}) as Record<string, string>)),
    columns: new Map(
      columns.map(([part, all]) => [
        part as 'key' | 'value',
        all.map(([name, type]) => ({ name, type: parseType(type) })),
      ]),
    ),
    partitions: new Map(Object.entries((value['partitions'] ?? {}) as Record<string, number>)),
    queryId: (value['queryId'] as string | null | undefined) ?? null,
  };
}
