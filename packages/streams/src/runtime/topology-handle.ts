import type { TaskReading } from './streams-metrics.ts';
import type { TopologyInstance, TopologyState } from './topology-instance.ts';

export interface RemoveOptions {
  /** Whether its repartition topics, changelogs and offsets go too: added anew, it begins from the beginning. Default false. */
  deleteInternalTopics?: boolean;
}

/** What a handle asks of the application. */
export interface TopologyControl {
  pause(instance: TopologyInstance): void;
  resume(instance: TopologyInstance): void;
  commit(): Promise<void>;
  tasks(instance: TopologyInstance): readonly TaskReading[];
  remove(instance: TopologyInstance, options: RemoveOptions): Promise<void>;
}

/**
 * One of an application's topologies, from `streams.add` on: it comes and goes while the others run.
 *
 * @example
 * const trends = streams.add(builder.build(), { name: 'trends' });
 * await trends.started;
 * await trends.remove({ deleteInternalTopics: true });
 */
export class TopologyHandle {
  readonly #instance: TopologyInstance;
  readonly #control: TopologyControl;

  constructor(instance: TopologyInstance, control: TopologyControl) {
    this.#instance = instance;
    this.#control = control;
  }

  /** Empty for the application's main one. */
  get name(): string {
    return this.#instance.name;
  }

  /** Of the group that keeps its offsets: when it has some before it is added, it begins there. */
  get groupId(): string {
    return this.#instance.groupId;
  }

  get state(): TopologyState {
    return this.#instance.state;
  }

  /** Why it is 'failed'; null before. */
  get failure(): unknown {
    return this.#instance.failure;
  }

  get isPaused(): boolean {
    return this.#instance.isPaused;
  }

  /** Resolves when its tasks were given out and those of this instance run; rejects when it cannot be started. */
  get started(): Promise<void> {
    return this.#instance.started.promise;
  }

  /** No record is worked on until `resume`, on this instance. Its tasks stay here. */
  pause(): void {
    this.#control.pause(this.#instance);
  }

  resume(): void {
    this.#control.resume(this.#instance);
  }

  /**
   * Hands on what is held back, and commits, of all topologies here. Of one that is paused nothing is left after it that was worked on and not
   * written.
   */
  commit(): Promise<void> {
    return this.#control.commit();
  }

  /** What its tasks on this instance have counted, and where their inputs go on. */
  get metrics(): readonly TaskReading[] {
    return this.#control.tasks(this.#instance);
  }

  /** Commits and lets its tasks go. Each instance that has added it removes it. May be called twice. */
  remove(options: RemoveOptions = {}): Promise<void> {
    return this.#control.remove(this.#instance, options);
  }
}
