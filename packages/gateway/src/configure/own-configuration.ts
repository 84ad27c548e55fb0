import type { Changes } from '../observe/changes.ts';

export interface OwnState {
  routes: number;
  appliedAtMs: number;
  /** Why what was given last is not in force: the last that was good is. */
  problem: string | null;
}

/** What became of the routes that the program which started the gateway gives it, such as those of headwater.yaml. */
export class OwnConfigurationState {
  readonly #changes: Changes;
  #state: OwnState;

  constructor(routes: number, changes: Changes) {
    this.#changes = changes;
    this.#state = { routes, appliedAtMs: Date.now(), problem: null };
  }

  get state(): OwnState {
    return this.#state;
  }

  applied(routes: number): void {
    this.#state = { routes, appliedAtMs: Date.now(), problem: null };
    this.#tell('applied', `${routes} routes`);
  }

  refused(problem: string): void {
    this.#state = { ...this.#state, problem };
    this.#tell('refused', problem);
  }

  #tell(change: string, reason: string): void {
    this.#changes.tell({ kind: 'routes', subject: 'configuration', change, reason });
  }
}
