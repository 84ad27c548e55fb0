import type { CommandStatus } from '../rest/entities/index.ts';

/** So many are kept; the oldest go first. */
const keptMost = 10_000;

/** What became of statements that change something, by their commands' ids. */
export class CommandStatuses {
  readonly #statuses = new Map<string, CommandStatus>();

  get all(): ReadonlyMap<string, CommandStatus> {
    return this.#statuses;
  }

  get(commandId: string): CommandStatus | undefined {
    return this.#statuses.get(commandId);
  }

  set(commandId: string, status: CommandStatus): void {
    this.#statuses.delete(commandId);
    this.#statuses.set(commandId, status);
    for (const oldest of this.#statuses.keys()) {
      if (this.#statuses.size <= keptMost) break;
      this.#statuses.delete(oldest);
    }
  }
}
