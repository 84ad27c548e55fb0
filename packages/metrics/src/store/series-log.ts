import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabelSet } from '../labels/label-set.ts';
import type { Series } from './series.ts';

/** The labels of each series, a line of JSON each: `[7,["__name__","up"]]`. Chunks and samples name series by number. */
export class SeriesLog {
  readonly #path: string;
  #pending = '';
  #lines = 0;

  constructor(directory: string) {
    this.#path = join(directory, 'series.jsonl');
  }

  open(onSeries: (ref: number, labels: LabelSet) => void): void {
    if (!existsSync(this.#path)) return;
    const text = readFileSync(this.#path, 'utf8');
    for (const line of text.split('\n')) {
      try {
        const [ref, flat] = JSON.parse(line) as [number, string[]];
        const pairs: [string, string][] = [];
        for (let i = 0; i + 1 < flat.length; i += 2) pairs.push([flat[i]!, flat[i + 1]!]);
        onSeries(ref, LabelSet.fromPairs(pairs));
        this.#lines += 1;
      } catch {
        // The torn last line of a process that was killed: its samples are not there either, as lines are written before them.
      }
    }
    if (text !== '' && !text.endsWith('\n')) this.#pending = '\n';
  }

  add(series: Series): void {
    this.#pending += lineOf(series);
    this.#lines += 1;
  }

  flush(): void {
    if (this.#pending === '') return;
    appendFileSync(this.#path, this.#pending);
    this.#pending = '';
  }

  /** Written anew when most of it is of series that are gone. */
  compact(count: number, all: Iterable<Series>): void {
    if (this.#lines < 1_000 || this.#lines < count * 2) return;
    let text = '';
    for (const series of all) text += lineOf(series);
    writeFileSync(`${this.#path}.new`, text);
    renameSync(`${this.#path}.new`, this.#path);
    this.#pending = '';
    this.#lines = count;
  }
}

function lineOf({ labels, ref }: Series): string {
  return `${JSON.stringify([ref, labels.flat])}\n`;
}
