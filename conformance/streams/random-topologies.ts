import type { Step } from './description.ts';
import { randomOf } from './random-records.ts';

/** What a step has made: a stream or a table, of keys that are text or windows of it, and of values that are text or numbers. */
interface Made {
  readonly id: string;
  readonly kind: 'stream' | 'table';
  readonly isWindowed: boolean;
  readonly isText: boolean;
}

const predicates = ['has:a', 'longer:1', 'odd', 'notNull', 'has:x'];
const mappers = ['same', 'upper', 'size', 'pair', 'nullIf:a', 'first', 'last', 'mod:7'];
const keys = ['first', 'last', 'same', 'nullIf:x', 'mod:3'];
const aggregates = ['concat', 'sum', 'max', 'last', 'drop'];
const joiners = ['plus', 'left', 'drop'];

const opsMax = 6;

/** Operators put together by chance, the same for the same seed: up to three sources, each changed, grouped, windowed and joined on its way. */
export function randomTopology(seed: number): Step[] {
  return new Composition(randomOf(seed)).make();
}

class Composition {
  readonly #random: () => number;
  readonly #steps: Step[] = [];
  #next = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  make(): Step[] {
    let last: Made | null = null;
    const sourcesCount = 1 + this.#below(3);
    for (let source = 0; source < sourcesCount; source++) {
      const op = this.#isBy(0.65) ? 'stream' : 'table';
      let made = this.#made({ op, topic: `in${source}` }, { kind: op, isWindowed: false, isText: true });
      for (let left = this.#below(opsMax); left > 0; left--) made = this.#changed(made);
      if (last !== null) made = this.#together(this.#plain(last), this.#plain(made));
      last = made;
    }
    for (let left = this.#below(3); left > 0; left--) last = this.#changed(last!);
    const stream = last!.kind === 'table' ? this.#on(last!, { op: 'toStream' }, { kind: 'stream' }) : last!;
    this.#steps.push({ id: `s${this.#next++}`, op: 'to', from: stream.id, topic: 'out' });
    return this.#steps;
  }

  #changed(made: Made): Made {
    const what = this.#random();
    if (what < 0.18) return this.#on(made, { op: this.#of(['filter', 'filterNot']), fn: this.#of(predicates) });
    if (what < 0.36) return this.#on(made, { op: 'mapValues', fn: this.#of(mappers) }, { isText: true });
    return made.kind === 'stream' ? this.#changedStream(made) : this.#changedTable(made);
  }

  #changedStream(given: Made): Made {
    const made = given.isWindowed ? this.#plain(given) : given;
    switch (this.#below(8)) {
      case 0:
        return this.#on(made, { op: 'selectKey', fn: this.#of(keys) });
      case 1:
        return this.#on(made, { op: 'map', fn: this.#of(mappers), key: this.#of(keys) }, { isText: true });
      case 2:
        return this.#on(made, { op: 'flatMapValues', fn: 'twice' }, { isText: true });
      case 3:
        return this.#on(made, { op: 'repartition' });
      case 4:
        return this.#on(made, { op: 'toTable' }, { kind: 'table' });
      default:
        return this.#aggregated(made);
    }
  }

  #changedTable(made: Made): Made {
    if (made.isWindowed) return this.#on(made, { op: 'toStream' }, { kind: 'stream' });
    switch (this.#below(4)) {
      case 0:
        return this.#on(made, { op: 'toStream' }, { kind: 'stream' });
      case 1:
        return this.#on(made, { op: 'suppress', limitMs: 5 + this.#below(30) });
      default: {
        const groups = this.#on(made, { op: 'groupBy', fn: this.#of(mappers), key: this.#of(keys) }, { isText: true });
        return this.#summed(groups, 'table');
      }
    }
  }

  /** Grouped, perhaps in windows, and counted or put together. */
  #aggregated(made: Made): Made {
    const how = this.#isBy(0.5) ? { op: 'groupByKey' } : { op: 'groupBy', fn: this.#of(keys) };
    let groups = this.#on(made, how);
    const graceMs = this.#below(25);
    const sizeMs = 2 + this.#below(15);
    const windows = [
      null,
      { op: 'tumbling', sizeMs, graceMs },
      { op: 'hopping', sizeMs, advanceMs: 1 + this.#below(sizeMs), graceMs },
      { op: 'sliding', sizeMs, graceMs },
      { op: 'session', gapMs: 1 + this.#below(8), graceMs },
    ][this.#below(5)]!;
    if (windows !== null) groups = this.#on(groups, windows, { isWindowed: true });
    const result = this.#summed(groups, 'stream');
    return windows !== null && this.#isBy(0.25) ? this.#on(result, { op: 'suppress' }) : result;
  }

  #summed(groups: Made, of: 'stream' | 'table'): Made {
    const what = this.#below(3);
    const store = this.#isBy(0.4) ? { store: `store-${this.#next}` } : {};
    const table = { kind: 'table', isWindowed: groups.isWindowed } as const;
    if (what === 0) return this.#on(groups, { op: 'count', ...store }, { ...table, isText: false });
    const fn = this.#of(of === 'table' ? ['concat', 'max', 'last'] : aggregates);
    if (what === 1 && groups.isText) {
      return this.#on(groups, { op: 'reduce', fn: fn === 'sum' ? 'concat' : fn, ...store }, table);
    }
    return this.#on(groups, { op: 'aggregate', fn, ...store }, { ...table, isText: true });
  }

  /** Two into one: merged or joined. */
  #together(one: Made, other: Made): Made {
    const fn = this.#of(joiners);
    if (one.kind === 'table' && other.kind === 'table') {
      const store = this.#isBy(0.4) ? { store: `store-${this.#next}` } : {};
      return this.#joined(one, this.#of(['join', 'leftJoin', 'outerJoin']), other, fn, store);
    }
    if (one.kind === 'table') return this.#together(other, one);
    if (other.kind === 'table') return this.#joined(one, this.#of(['join', 'leftJoin']), other, fn, {});
    if (this.#isBy(0.4)) return this.#on(one, { op: 'merge', with: other.id });
    const windows = { withinMs: this.#below(10), graceMs: this.#below(20) };
    return this.#joined(one, this.#of(['join', 'leftJoin', 'outerJoin']), other, fn, windows);
  }

  #joined(one: Made, op: string, other: Made, fn: string, more: Partial<Step>): Made {
    return this.#on(one, { op, fn, with: other.id, ...more }, { isText: true });
  }

  /** With keys and values of text, so that it can be put together with another. */
  #plain(made: Made): Made {
    if (made.isWindowed) {
      const stream = made.kind === 'table' ? this.#on(made, { op: 'toStream' }, { kind: 'stream' }) : made;
      return this.#on(stream, { op: 'map', fn: 'same', key: 'key' }, { isWindowed: false, isText: true });
    }
    return made.isText ? made : this.#on(made, { op: 'mapValues', fn: 'same' }, { isText: true });
  }

  #on(from: Made, step: Omit<Step, 'id' | 'from'>, made: Partial<Made> = {}): Made {
    return this.#made({ ...step, from: from.id }, { ...from, ...made });
  }

  #made(step: Omit<Step, 'id'>, { isText, isWindowed, kind }: Omit<Made, 'id'>): Made {
    const id = `s${this.#next++}`;
    this.#steps.push({ id, ...step });
    return { id, kind, isWindowed, isText };
  }

  #below(max: number): number {
    return Math.floor(this.#random() * max);
  }

  #isBy(share: number): boolean {
    return this.#random() < share;
  }

  #of<T>(list: readonly T[]): T {
    return list[this.#below(list.length)]!;
  }
}
