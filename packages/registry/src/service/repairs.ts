import type { Change } from '../state/records.ts';
import type { RegistryState } from '../state/registry-state.ts';
import type { Writing } from './writing.ts';

/**
 * Schemas that came into the log and have no effect, because another one had the id or the version: the leader writes what is true
 * behind them. Else a compaction would keep the last record of a key, and with it the wrong one.
 */
export class Repairs {
  readonly #state: RegistryState;
  readonly #pending = new Map<string, { subject: string; version: number }>();
  #isRunning = false;

  constructor(state: RegistryState) {
    this.#state = state;
  }

  /** Called for each change that comes while this registry runs. @returns whether there is something to repair */
  saw(change: Change, hadEffect: boolean): boolean {
    if (change.kind !== 'schema' && change.kind !== 'schema-removed') return false;
    const { subject, version } = change.kind === 'schema' ? change.schema : change;
    const key = `${version}:${subject}`;
    if (hadEffect) this.#pending.delete(key);
    else this.#pending.set(key, { subject, version });
    return !hadEffect;
  }

  /** Writes what is true; what fails is tried again with the next one, or by the next leader. */
  async run(writing: Writing): Promise<void> {
    if (this.#isRunning || this.#pending.size === 0) return;
    this.#isRunning = true;
    try {
      await writing.inTurn((write) => write([...this.#pending.values()].map((each) => this.#truthOf(each))));
    } finally {
      this.#isRunning = false;
    }
  }

  #truthOf({ subject, version }: { subject: string; version: number }): Change {
    const schema = this.#state.version(subject, version);
    return schema === undefined ? { kind: 'schema-removed', subject, version } : { kind: 'schema', schema };
  }
}
