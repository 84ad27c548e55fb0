import { Operator } from '../processor/operator.ts';
import type { SinkSpec } from '../topology/node-spec.ts';

/** The end of a topology: what comes here is written to a topic. */
export class SinkOperator extends Operator {
  readonly #spec: SinkSpec;

  constructor(spec: SinkSpec) {
    super();
    this.#spec = spec;
  }

  process(key: unknown, value: unknown, timestamp: number): void {
    const { keySerde, partitioner, topic, valueSerde } = this.#spec;
    const { context } = this;
    const name = typeof topic === 'string' ? topic : topic(key, value, context.record);
    const partition = partitioner === null ? undefined : partitioner(name, key, value, context.partitionsOf(name));
    context.send(name, key, value, timestamp, keySerde, valueSerde, partition);
  }
}
