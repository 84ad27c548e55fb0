import type { Logger } from '@headwater/logger';
import { failureKind } from './failure-kind.ts';
import type { RunningTask } from './running-task.ts';
import type { StandbyTasks } from './standby-tasks.ts';
import { TaskFailure } from './task-failure.ts';
import type { TaskOpener } from './task-opener.ts';
import type { TopologyInstance } from './topology-instance.ts';
import type { Worker } from './worker.ts';

export interface TaskManagerOptions {
  readonly worker: Worker;
  readonly opener: TaskOpener;
  readonly standbys: StandbyTasks;
  readonly logger: Logger;
  /** Joins the group anew: this instance has let go of everything. */
  rejoin(reason: string): void;
  /** Looks at the cluster again; whether that may mend the failure. */
  mayMend(error: unknown): Promise<boolean>;
  /** The error, or the failure of a topology that it comes of. */
  judge(error: unknown): Promise<unknown>;
  /** A topology cannot go on; false when that is the end of all. */
  isolate(topology: TopologyInstance, error: unknown): boolean;
  /** Whether what the others did since the last commit is kept when a topology fails: not where it is in the same transaction. */
  readonly areOthersKept: boolean;
  /** All tasks that were assigned run. */
  onSettled(): void;
  /** It cannot go on. */
  onFatal(error: unknown): void;
}

/** Tasks that are being restored. */
interface Opening {
  /** Those of them that are still wanted. */
  readonly names: Set<string>;
  readonly stopping: AbortController;
  done: Promise<void>;
}

const firstDelayMs = 50;
const delayMsMax = 5_000;

/**
 * Which tasks this instance has: those that the group gives it, less those that it takes away, and all of them anew after a failure. A task
 * that is restored stops no other, and no rebalance; a task that goes is committed first; after a failure nothing of what was not committed
 * is left.
 */
export class TaskManager {
  readonly #options: TaskManagerOptions;
  #wanted = new Set<string>();
  readonly #openings = new Set<Opening>();
  /** What happens to tasks happens one after the other. */
  #turn: Promise<void> = Promise.resolve();
  /** Tasks whose state is to be kept here, and those of them that are being opened. */
  #wantedStandbys = new Set<string>();
  readonly #openingStandbys = new Map<string, Promise<void>>();
  #isTroubled = false;
  /** Failures since the last commit. */
  #failures = 0;
  readonly #stopping = new AbortController();

  constructor(options: TaskManagerOptions) {
    this.#options = options;
  }

  /** Tasks that nobody else may have: running, or on their way to it. */
  get claimed(): string[] {
    return [...this.#wanted];
  }

  isClaimed(taskName: string): boolean {
    return this.#wanted.has(taskName);
  }

  get isSettled(): boolean {
    return this.#openings.size === 0 && !this.#isTroubled;
  }

  /** The group rebalances: what is not committed by now waits until it has. */
  async hold(): Promise<void> {
    try {
      await this.#options.worker.commitAndHold();
    } catch (error) {
      this.failed(error);
    }
  }

  /** What the group gives to this instance from now on. Resolves when the others are let go; the new ones are opened meanwhile. */
  assigned(names: readonly string[], standbys: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      const { worker } = this.#options;
      this.#wanted = new Set(names);
      this.#wantedStandbys = new Set(standbys);
      for (const opening of this.#openings) {
        for (const name of opening.names) if (!this.#wanted.has(name)) opening.names.delete(name);
      }
      worker.release();
      const given = [...worker.tasks.values()].filter(({ name }) => !this.#wanted.has(name));
      const isGiven = given.length === 0 || (await this.#give(given));
      this.#keepStandbys();
      if (!isGiven) return;
      const known = new Set([...this.#openings].flatMap((opening) => [...opening.names]));
      this.#open(names.filter((name) => !worker.tasks.has(name) && !known.has(name)));
    });
  }

  /** Lets go of those that are kept elsewhere now, and opens the others. What is about to work here is taken over from them. */
  #keepStandbys(): void {
    const { standbys, worker } = this.#options;
    for (const name of standbys.names) {
      if (!this.#wantedStandbys.has(name) && !this.#wanted.has(name)) standbys.drop(name);
    }
    for (const name of this.#wantedStandbys) {
      if (standbys.has(name) || this.#openingStandbys.has(name) || worker.tasks.has(name)) continue;
      const opening = this.#openStandby(name).finally(() => this.#openingStandbys.delete(name));
      this.#openingStandbys.set(name, opening);
    }
  }

  async #openStandby(name: string): Promise<void> {
    const { logger, onFatal, opener, standbys } = this.#options;
    const { signal } = this.#stopping;
    const isWanted = () => this.#wantedStandbys.has(name) && !this.#wanted.has(name) && !signal.aborted;
    for (let failures = 0; isWanted(); failures++) {
      try {
        const warm = await opener.openStandby(name, signal);
        if (warm === null) return;
        if (isWanted()) standbys.add(warm);
        else {
          warm.running.task.close();
          void warm.running.checkpoint?.close();
        }
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (failureKind(error) === 'fatal') {
          onFatal(error);
          return;
        }
        logger.warn({ error, task: name }, 'a standby could not be opened; trying on');
        await this.#pause(failures + 1, signal);
      }
    }
  }

  /** The changelog has lost what a standby was to read next: it begins anew. */
  standbyLost(name: string): void {
    this.#options.logger.warn({ task: name }, 'a standby fell behind its changelog: it is filled anew');
    this.#keepStandbys();
  }

  /** More tasks than the group has given, when nobody else is there to have them. Resolves when they run. */
  async take(names: readonly string[]): Promise<void> {
    let opening: Opening | null = null;
    await this.#inTurn(async () => {
      const added = names.filter((name) => !this.#wanted.has(name));
      for (const name of added) this.#wanted.add(name);
      opening = this.#open(added);
    });
    await (opening as Opening | null)?.done;
  }

  /** Commits the tasks of a topology, and lets them go. */
  release(topology: TopologyInstance): Promise<void> {
    return this.#inTurn(async () => {
      this.#forget(topology);
      const given = [...this.#options.worker.tasks.values()].filter((running) => running.topology === topology);
      if (given.length > 0) await this.#give(given);
    });
  }

  #forget(topology: TopologyInstance): void {
    // No name of a topology has a slash.
    const isOf = (name: string) => name.startsWith(`${topology.name}/`);
    for (const name of this.#wanted) if (isOf(name)) this.#wanted.delete(name);
    for (const { names } of this.#openings) for (const name of names) if (isOf(name)) names.delete(name);
  }

  /** Commits and lets go; false: that failed, and all is begun anew. */
  async #give(given: readonly RunningTask[]): Promise<boolean> {
    const { worker } = this.#options;
    for (const running of given) running.isEnding = true;
    try {
      await worker.commit();
    } catch (error) {
      // Someone has reported it already, and its turn comes next.
      if (!this.#isTroubled) await this.#recover(error);
      return false;
    }
    for (const running of given) worker.drop(running);
    return true;
  }

  /** The group went on without this instance: what it had belongs to others by now. */
  lost(): Promise<void> {
    return this.#inTurn(async () => {
      this.#wanted.clear();
      this.#options.worker.halt();
      await this.#giveUp();
      this.#options.worker.goOn();
    });
  }

  /** Something in the work of the tasks failed. */
  failed(error: unknown): void {
    if (this.#isTroubled || this.#stopping.signal.aborted) return;
    this.#isTroubled = true;
    this.#options.worker.halt();
    void this.#inTurn(() => this.#recover(error));
  }

  /** A commit succeeded. */
  committed(): void {
    this.#failures = 0;
  }

  async #recover(given: unknown): Promise<void> {
    const { areOthersKept, judge, logger, mayMend, onFatal, rejoin, worker } = this.#options;
    this.#isTroubled = true;
    worker.halt();
    const failure = await judge(given);
    const error = failure instanceof TaskFailure ? failure.cause : failure;
    let kind = failureKind(error);
    if (kind === 'fatal' && (await mayMend(error).catch(() => false))) kind = 'retry';
    if (kind === 'fatal') {
      if (!(failure instanceof TaskFailure) || !this.#isolate(failure)) {
        onFatal(error);
        return;
      }
      if (areOthersKept) {
        worker.dropTopology(failure.topology);
        this.#isTroubled = false;
        worker.goOn();
        return;
      }
      kind = 'retry';
    }
    logger.warn({ error, kind, tasks: this.#wanted.size }, 'what was not committed is given up and worked on again');
    if (kind === 'lost') this.#wanted.clear();
    await this.#giveUp();
    await this.#pause(this.#failures++);
    if (this.#stopping.signal.aborted) return;
    this.#isTroubled = false;
    worker.goOn();
    if (kind === 'lost') rejoin('the group went on without this instance');
    else this.#open([...this.#wanted]);
  }

  /** Drops all tasks, and what they have written since the last commit; until it is surely gone. */
  async #giveUp(): Promise<void> {
    const { logger, onFatal, worker } = this.#options;
    await this.#stopOpening();
    for (let failures = 0; !this.#stopping.signal.aborted; failures++) {
      try {
        await worker.dropAll();
        return;
      } catch (error) {
        if (failureKind(error) === 'fatal') {
          onFatal(error);
          return;
        }
        logger.warn({ error }, 'the cluster cannot be reached to begin anew; trying on');
        await this.#pause(failures);
      }
    }
  }

  async #stopOpening(): Promise<void> {
    const openings = [...this.#openings];
    for (const { stopping } of openings) stopping.abort(new Error('the tasks were given up'));
    await Promise.all(openings.map(({ done }) => done));
  }

  #isolate({ cause, topology }: TaskFailure): boolean {
    if (!this.#options.isolate(topology, cause)) return false;
    this.#forget(topology);
    return true;
  }

  #open(names: readonly string[]): Opening | null {
    if (names.length > 0 && !this.#stopping.signal.aborted) {
      const opening: Opening = {
        names: new Set(names),
        stopping: new AbortController(),
        done: Promise.resolve(),
      };
      this.#openings.add(opening);
      opening.done = this.#run(opening).finally(() => {
        this.#openings.delete(opening);
        if (this.isSettled && !opening.stopping.signal.aborted) this.#options.onSettled();
      });
      return opening;
    }
    if (this.isSettled) this.#options.onSettled();
    return null;
  }

  async #run({ names, stopping: { signal } }: Opening): Promise<void> {
    const { judge, logger, onFatal, opener, standbys, worker } = this.#options;
    for (let failures = 0; names.size > 0 && !signal.aborted; failures++) {
      try {
        // One that is being opened as a standby has the files of its state.
        await Promise.all(Array.from(names, (name) => this.#openingStandbys.get(name)));
        for (const running of await opener.open([...names], signal, (name) => standbys.take(name))) {
          if (!signal.aborted && names.has(running.name)) worker.add(running);
          else {
            running.task.close();
            void running.checkpoint?.close();
          }
        }
        return;
      } catch (given) {
        if (signal.aborted) return;
        const error = await judge(given);
        if (signal.aborted) return;
        if (error instanceof TaskFailure && failureKind(error.cause) === 'fatal' && this.#isolate(error)) continue;
        if (failureKind(error instanceof TaskFailure ? error.cause : error) === 'fatal') {
          onFatal(error instanceof TaskFailure ? error.cause : error);
          return;
        }
        logger.warn({ error, tasks: names.size }, 'tasks could not be opened; trying on');
        await this.#pause(failures, signal);
      }
    }
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const mine = this.#turn.then(() => (this.#stopping.signal.aborted ? undefined : work()));
    this.#turn = mine.catch((error) => this.#options.onFatal(error));
    return this.#turn;
  }

  /** Nothing the first time, then twice as long each time. */
  #pause(failures: number, signal?: AbortSignal): Promise<void> {
    if (failures === 0) return Promise.resolve();
    const delayMs = Math.min(delayMsMax, firstDelayMs * 2 ** Math.min(failures, 10));
    const until = signal === undefined ? this.#stopping.signal : AbortSignal.any([signal, this.#stopping.signal]);
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        until.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, delayMs);
      if (until.aborted) end();
      else until.addEventListener('abort', end);
    });
  }

  /** Opens nothing any more; tasks that run still do. May be called twice. */
  async close(): Promise<void> {
    this.#stopping.abort(new Error('the application closes'));
    await this.#stopOpening();
    await Promise.all(this.#openingStandbys.values());
    await this.#options.standbys.close();
  }
}
