import type { StoreSpec } from '../stores/state-store.ts';
import type { TopologyWriter } from './topology-writer.ts';

/** The rows of a table that are kept only when the store has a name or somebody after the table looks them up, as in Kafka Streams. */
export class KeptRows {
  readonly storeName: string;
  readonly #writer: TopologyWriter;
  readonly #node: string;
  readonly #spec: StoreSpec;
  #isKept = false;

  /** `node`: what keeps the rows; added to the topology before `keep` is called. */
  constructor(writer: TopologyWriter, node: string, spec: StoreSpec) {
    this.#writer = writer;
    this.#node = node;
    this.#spec = spec;
    this.storeName = spec.name;
  }

  /** From now on they are. */
  keep(): void {
    if (this.#isKept) return;
    this.#isKept = true;
    this.#writer.topology.addStateStore(this.#spec);
    this.#writer.topology.connectStore(this.#node, this.storeName);
  }

  /** The store's name; null while nobody needs one. */
  get store(): string | null {
    return this.#isKept ? this.storeName : null;
  }
}
