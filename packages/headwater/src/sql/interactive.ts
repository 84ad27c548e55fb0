import { createInterface, cursorTo, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { complete, expectedWords, splitStatements } from '@headwater/sql';
import { localCommand } from './local-command.ts';
import { colored } from './render/colored.ts';
import { displayWidth } from './render/display-width.ts';
import { ShellNames } from './shell-names.ts';
import type { ShellSession } from './shell-session.ts';

const firstPrompt = 'sql> ';
const nextPrompt = '   > ';

export interface InteractiveOptions {
  readonly session: ShellSession;
  readonly input: Readable & { isTTY?: boolean };
  readonly output: Writable & { isTTY?: boolean; columns?: number };
  /** Oldest first; what is given is put behind it. */
  readonly history: string[];
  readonly hasColors: boolean;
}

/** Reads statements until EXIT or the end of the input. */
export async function interactive(options: InteractiveOptions): Promise<void> {
  const shell = new InteractiveShell(options);
  await shell.ended;
}

class InteractiveShell {
  readonly ended: Promise<void>;
  readonly #options: InteractiveOptions;
  readonly #readline: Interface;
  readonly #names = new ShellNames();
  readonly #waiting: string[] = [];
  /** Lines of a statement that has not ended. */
  #begun = '';
  #running: AbortController | undefined;
  /** What the arrows go through, newest first: readline's own. */
  #recalled: string[] = [];
  #isClosed = false;

  constructor(options: InteractiveOptions) {
    this.#options = options;
    const { input, output, history } = options;
    this.#readline = createInterface({
      input,
      output,
      terminal: input.isTTY === true,
      historySize: 1_000,
      history: [...history].reverse(),
      removeHistoryDuplicates: true,
      completer: (line: string) => this.#complete(line),
      prompt: firstPrompt,
    });
    this.ended = new Promise((resolve) => {
      this.#readline.on('close', () => {
        this.#isClosed = true;
        if (this.#running === undefined) resolve();
        else this.#onIdle = resolve;
      });
    });
    this.#readline.on('line', (line) => {
      this.#waiting.push(line);
      void this.#work();
    });
    this.#readline.on('history', (lines: string[]) => {
      this.#recalled = lines;
    });
    this.#readline.on('SIGINT', () => this.#interrupt());
    if (options.hasColors) input.on('keypress', (_text, key) => this.#color(key));
    void this.#names.refresh(options.session.client);
    this.#readline.prompt();
  }

  #onIdle: () => void = () => {};

  /** Lines that come while a statement runs, as when text is pasted, wait for their turn. */
  async #work(): Promise<void> {
    if (this.#running !== undefined) return;
    const { session, history } = this.#options;
    for (let line = this.#waiting.shift(); line !== undefined; line = this.#waiting.shift()) {
      this.#begun = this.#begun === '' ? line : `${this.#begun}\n${line}`;
      const { statements, rest } = splitStatements(this.#begun);
      const isCommand = statements.length === 0 && localCommand(this.#begun) !== undefined;
      const texts = isCommand ? [this.#begun.trim()] : statements.map(({ text }) => text);
      if (texts.length > 0) this.#recallWhole(this.#begun.split('\n'));
      this.#begun = isCommand ? '' : rest;
      if (texts.length === 0) continue;
      this.#running = new AbortController();
      for (const text of texts) {
        history.push(text.replace(/\s*\n\s*/g, ' '));
        await session.runOne(text, this.#running.signal);
        if (session.isOver || this.#running.signal.aborted) break;
      }
      if (this.#running.signal.aborted) this.#drop();
      this.#running = undefined;
      if (session.isOver) break;
      void this.#names.refresh(session.client);
    }
    if (this.#isClosed) return this.#onIdle();
    if (session.isOver) return this.#readline.close();
    this.#prompt();
  }

  /** A statement of several lines is recalled as one. */
  #recallWhole(lines: readonly string[]): void {
    if (lines.length < 2 || this.#waiting.length > 0) return;
    for (const line of lines.toReversed()) if (this.#recalled[0] === line) this.#recalled.shift();
    this.#recalled.unshift(lines.join('\n').replace(/\s*\n\s*/g, ' '));
  }

  #interrupt(): void {
    if (this.#running !== undefined) {
      this.#running.abort();
      return;
    }
    const isEmpty = this.#begun === '' && this.#readline.line === '';
    this.#drop();
    this.#options.output.write(isEmpty ? '\nEXIT or Ctrl-D ends the shell\n' : '\n');
    // What was typed is dropped: readline's own way to do so.
    this.#readline.write(null, { ctrl: true, name: 'e' });
    this.#readline.write(null, { ctrl: true, name: 'u' });
    this.#prompt();
  }

  #drop(): void {
    this.#begun = '';
    this.#waiting.length = 0;
  }

  #prompt(): void {
    this.#readline.setPrompt(this.#begun === '' ? firstPrompt : nextPrompt);
    this.#readline.prompt();
  }

  #complete(line: string): [string[], string] {
    const before = this.#begun === '' ? '' : `${this.#begun}\n`;
    const text = before + line;
    const { startIndex, items } = complete(text, text.length, this.#names.names, expectedWords);
    return [[...items], text.slice(startIndex)];
  }

  /** Writes the line anew in colours, where it takes one row of the terminal. */
  #color(key: { name?: string } | undefined): void {
    const { line } = this.#readline;
    if (this.#running !== undefined || this.#isClosed || line === '' || key?.name === 'return') return;
    const { output } = this.#options;
    const prompt = this.#readline.getPrompt();
    if (prompt.length + displayWidth(line) >= (output.columns ?? 80)) return;
    const { cols } = this.#readline.getCursorPos();
    cursorTo(output, prompt.length);
    output.write(colored(line));
    cursorTo(output, cols);
  }
}
