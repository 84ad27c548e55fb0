import type { Instance, InstancePicker } from '../stages/policies.ts';

/** One instance after the other: what a route has whose addresses are written down. */
export class RoundRobin implements InstancePicker {
  readonly #instances: readonly Instance[];
  #turn = 0;

  constructor(instances: readonly Instance[]) {
    this.#instances = instances;
  }

  pick(): Instance {
    const instance = this.#instances[this.#turn]!;
    this.#turn = (this.#turn + 1) % this.#instances.length;
    return instance;
  }

  origins(): Iterable<string> {
    return this.#instances.map((instance) => instance.origin);
  }
}
