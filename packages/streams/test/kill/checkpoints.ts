import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkCheckpoint } from '../../src/checkpoint/read-checkpoint.ts';

/** What an instance tells of a store that it has filled, or of a checkpoint that it does not use. */
interface Told {
  topic?: string;
  partition?: number;
  fromOffset?: number;
  toOffset?: number;
  reason?: string;
  path?: string;
}

/**
 * The state directories of instances. Whatever is in one when its process is gone, or was there when a task was let go, must be gone on from
 * when the store is filled there again: no changelog is read from its beginning then.
 */
export class Checkpoints {
  readonly #root = mkdtempSync(join(tmpdir(), 'streams-kill-state-'));
  /** By instance: changelogs and partitions that it has a checkpoint of. */
  readonly #there = new Map<number, Set<string>>();
  readonly wrong: string[] = [];
  /** Stores that went on from a checkpoint, and those that had none. */
  resumed = 0;
  filledWhole = 0;

  dirOf(instance: number): string {
    const dir = join(this.#root, String(instance));
    mkdirSync(dir, { recursive: true });
    return dir;
  }

  /** Once its process is gone: what is on its disk. */
  async look(instance: number): Promise<void> {
    const there = new Set<string>();
    const dir = this.dirOf(instance);
    for (const file of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.log')) continue;
      const summary = await checkCheckpoint(join(dir, file));
      if (summary === null || summary.nextOffset <= 0) continue;
      const { task, topic } = summary.header;
      there.add(`${topic}-${task.slice(task.lastIndexOf('_') + 1)}`);
    }
    this.#there.set(instance, there);
  }

  /** A line of an instance's log, in JSON. */
  hear(instance: number, line: string): void {
    const { fromOffset, partition, path, reason, toOffset, topic } = JSON.parse(line) as Told;
    if (reason !== undefined) this.wrong.push(`instance ${instance} does not use ${path}: ${reason}`);
    if (topic === undefined || fromOffset === undefined || toOffset === undefined) return;
    const place = `${topic}-${partition}`;
    const there = this.#there.get(instance) ?? new Set();
    this.#there.set(instance, there);
    if (fromOffset > 0) this.resumed++;
    else if (there.has(place)) this.wrong.push(`instance ${instance} had ${place} and read it from its beginning`);
    else this.filledWhole++;
    if (toOffset > 0) there.add(place);
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }
}
