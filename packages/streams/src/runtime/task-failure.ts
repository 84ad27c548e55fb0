import type { TopologyInstance } from './topology-instance.ts';

/** What a topology's own work threw: it may fail alone. Never seen outside; `cause` is what is told. */
export class TaskFailure extends Error {
  readonly topology: TopologyInstance;

  constructor(topology: TopologyInstance, cause: unknown) {
    super(`a task of topology '${topology.name}' failed`, { cause });
    this.topology = topology;
  }
}
