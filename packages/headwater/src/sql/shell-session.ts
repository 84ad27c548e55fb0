import { checkSqlProperty, parseStatement, type SqlClient, splitStatements } from '@headwater/sql';
import { errorText } from './error-text.ts';
import { type LocalCommand, localCommand } from './local-command.ts';
import { entityText } from './render/entity-text.ts';
import { printRows } from './render/print-rows.ts';
import { runLocalCommand } from './run-local-command.ts';
import type { ShellTerminal } from './shell-terminal.ts';
import { Spool } from './spool.ts';
import type { OutputFormat } from './sql-flags.ts';

export interface SessionOptions {
  readonly client: SqlClient;
  readonly terminal: ShellTerminal;
  readonly version: string;
  /** What scripts and spool files are relative to. */
  readonly cwd: string;
  readonly output: OutputFormat;
  /** Somebody sits there: what SET does is told. */
  readonly isInteractive?: boolean;
  readonly properties?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
  /** Statements given before, for HISTORY. */
  readonly history?: () => readonly string[];
  /** Makes the client of SERVER. */
  readonly connect?: (url: string) => SqlClient;
}

const scriptDepthMax = 20;

/** Runs statements one after the other, with what SET, DEFINE and the shell's own commands have set before. */
export class ShellSession {
  readonly options: SessionOptions;
  readonly properties: Map<string, string>;
  readonly variables: Map<string, string>;
  readonly spool = new Spool();
  client: SqlClient;
  output: OutputFormat;
  /** EXIT was given. */
  isOver = false;
  scriptDepth = 0;
  /** The newest command: what follows waits until the server has done it. */
  #commandSequenceNumber: number | undefined;

  constructor(options: SessionOptions) {
    this.options = options;
    this.client = options.client;
    this.output = options.output;
    this.properties = new Map(Object.entries(options.properties ?? {}));
    this.variables = new Map(Object.entries(options.variables ?? {}));
  }

  async write(text: string): Promise<void> {
    this.spool.write(text);
    await this.options.terminal.write(text);
  }

  /** Runs all statements of a text, up to the first that fails: false. A semicolon behind the last may be left out. */
  async run(text: string, signal: AbortSignal): Promise<boolean> {
    const { statements, rest } = splitStatements(text);
    const texts = statements.map((statement) => statement.text);
    if (rest.trim() !== '') texts.push(rest);
    for (const [i, statement] of texts.entries()) {
      if (this.isOver || signal.aborted) break;
      if (await this.runOne(statement, signal)) continue;
      if (!signal.aborted) this.#tellNotRun(texts.slice(i + 1));
      return false;
    }
    return !signal.aborted;
  }

  #tellNotRun(texts: readonly string[]): void {
    if (texts.length === 0) return;
    const [first = ''] = texts[0]!.trim().split('\n');
    const what =
      texts.length === 1 ? 'The statement after it was not run' : `${texts.length} statements after it were not run`;
    this.options.terminal.complain(`${what}: ${first}${texts.length === 1 ? '' : ' …'}`);
  }

  /** One statement, or one of the shell's commands. What goes wrong is told, and false. */
  async runOne(statement: string, signal: AbortSignal): Promise<boolean> {
    this.spool.write(`sql> ${statement}\n`);
    const command = localCommand(statement);
    try {
      if (command !== undefined) return await runLocalCommand(this, command, signal);
      await this.#statement(statement, signal);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      const text = errorText(error, statement);
      this.spool.write(`${text}\n`);
      this.options.terminal.complain(text);
      return false;
    }
  }

  /** The text of a script, a level deeper than what called it. */
  async runScript(text: string, signal: AbortSignal): Promise<boolean> {
    if (this.scriptDepth >= scriptDepthMax) throw new Error(`scripts call each other more than ${scriptDepthMax} deep`);
    this.scriptDepth++;
    try {
      return await this.run(text, signal);
    } finally {
      this.scriptDepth--;
    }
  }

  async #statement(text: string, signal: AbortSignal): Promise<void> {
    switch (/^\w+/.exec(text)?.[0].toUpperCase()) {
      case 'SET':
      case 'UNSET':
      case 'DEFINE':
      case 'UNDEFINE':
        return this.#setting(text);
      case 'SELECT':
        return this.#query(text, signal);
      case 'PRINT': {
        for await (const line of this.client.print(closed(text), this.#options(signal))) await this.write(`${line}\n`);
        return;
      }
      default:
        return this.#execute(text, signal);
    }
  }

  /** Known here before the server is told with the next statement. */
  async #setting(text: string): Promise<void> {
    const statement = parseStatement(text, { variables: this.variables });
    if (statement.kind === 'setProperty') {
      const { name, value } = statement;
      checkSqlProperty(name, value);
      this.properties.set(name, value);
      await this.#tell(`${name} is '${value}' until UNSET '${name}' or the end of the shell.`);
    } else if (statement.kind === 'unsetProperty') {
      const wasSet = this.properties.delete(statement.name);
      await this.#tell(wasSet ? `${statement.name} is as the server has it.` : `${statement.name} was not set.`);
    } else if (statement.kind === 'defineVariable') this.variables.set(statement.name, statement.value);
    else if (statement.kind === 'undefineVariable') this.variables.delete(statement.name);
  }

  async #query(text: string, signal: AbortSignal): Promise<void> {
    const rows = await this.client.query(closed(text), this.#options(signal));
    const stop = () => rows.close();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await printRows(rows, {
        format: this.output,
        isLive: /\bEMIT\s+(?:CHANGES|FINAL)\b/i.test(text),
        columns: this.options.terminal.columns(),
        write: (line) => this.write(line),
      });
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** What a script needs not hear. */
  async #tell(text: string): Promise<void> {
    if (this.options.isInteractive) await this.write(`${text}\n`);
  }

  async #execute(text: string, signal: AbortSignal): Promise<void> {
    const entities = await this.client.execute(closed(text), {
      ...this.#options(signal),
      ...(this.#commandSequenceNumber !== undefined && { commandSequenceNumber: this.#commandSequenceNumber }),
    });
    for (const entity of entities) {
      if (entity['@type'] === 'currentStatus' && entity.commandSequenceNumber >= 0) {
        this.#commandSequenceNumber = entity.commandSequenceNumber;
      }
    }
    if (this.output === 'json') await this.write(`${JSON.stringify(entities, null, 2)}\n`);
    else for (const entity of entities) await this.write(`${entityText(entity, this.options.terminal.columns())}\n`);
  }

  #options(signal: AbortSignal) {
    return {
      properties: Object.fromEntries(this.properties),
      variables: Object.fromEntries(this.variables),
      signal,
    };
  }

  /** Another server: what was numbered by the one before does not count. */
  connectTo(client: SqlClient): void {
    if (this.client !== this.options.client) this.client.close();
    this.client = client;
    this.#commandSequenceNumber = undefined;
  }

  close(): void {
    this.spool.close();
    this.client.close();
    this.options.client.close();
  }
}

export type { LocalCommand };

function closed(text: string): string {
  return /;\s*$/.test(text) ? text : `${text}\n;`;
}
