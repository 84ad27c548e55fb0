import { DueQueue } from '../model/due-queue.ts';
import { cleanLabels, fingerprintOf, type Labels } from '../model/labels.ts';
import type { Template } from '../model/template.ts';

export type InstanceState = 'pending' | 'firing' | 'resolved' | 'inactive';

/** An alert of a rule, in one state of its life. */
export interface Instance {
  readonly fingerprint: string;
  readonly rule: string;
  readonly state: InstanceState;
  readonly severity: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly value: number | string | null;
  /** Since when the condition holds. */
  readonly activeMs: number;
  /** When it began to fire; 0: it does not yet. */
  readonly firedMs: number;
  /** Since when the condition no longer holds while it is kept firing; 0: it holds. */
  readonly clearedMs: number;
  /** 0: not over. */
  readonly endsMs: number;
  /** When that happened which made it active; null: not known. */
  readonly causeMs: number | null;
  /** Which of the rule's things it is about: the key that the condition was told for. */
  readonly key: string;
}

/** What a rule's alerts look like and how long they hold. */
export interface InstanceShape {
  readonly name: string;
  readonly severity: string;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  readonly labels: Readonly<Record<string, Template>>;
  readonly annotations: Readonly<Record<string, Template>>;
  /** Most alerts at once. */
  readonly limit: number;
}

/** Longest text that a template may give: what labels bring is bounded, but not how often it is said. */
const annotationMaxChars = 4_096;

/**
 * The alerts of one rule: inactive → pending (`for`) → firing → resolved (`keep_firing_for`), by what is told of the condition and by time alone.
 * `set` and `clear` take any time; `advance` does what falls due by then.
 */
export class RuleInstances {
  /** Conditions that held and found no place. */
  overflowed = 0;
  readonly #shape: InstanceShape;
  readonly #onChange: (instance: Instance) => void;
  readonly #instances = new Map<string, Instance>();
  readonly #due = new DueQueue<string>();

  constructor(shape: InstanceShape, onChange: (instance: Instance) => void) {
    this.#shape = shape;
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#instances.size;
  }

  values(): IterableIterator<Instance> {
    return this.#instances.values();
  }

  keys(): string[] {
    return [...this.#instances.keys()];
  }

  has(key: string): boolean {
    return this.#instances.has(key);
  }

  /** As it was before a restart; nothing is told. */
  restore(instance: Instance): void {
    if (instance.state !== 'pending' && instance.state !== 'firing') return;
    this.#instances.set(instance.key, instance);
    this.#schedule(instance);
  }

  /** The condition holds. */
  set(key: string, labels: Labels, value: number | string | null, atMs: number, causeMs: number | null): void {
    const old = this.#instances.get(key);
    if (old === undefined) {
      if (this.#instances.size >= this.#shape.limit) {
        this.overflowed++;
        return;
      }
      this.#keep({ ...this.#make(key, labels, value), activeMs: atMs, causeMs }, atMs);
      return;
    }
    if (old.clearedMs !== 0 || old.value !== value) {
      const next = { ...old, ...this.#texts(old.labels, value), value, clearedMs: 0 };
      this.#instances.set(key, next);
      this.#schedule(next);
      // A new value alone is no news to anybody.
      if (old.clearedMs !== 0) this.#onChange(next);
    }
  }

  /** The condition does not hold any more. */
  clear(key: string, atMs: number): void {
    const old = this.#instances.get(key);
    if (old === undefined || old.clearedMs !== 0) return;
    if (old.state === 'pending') {
      this.#forget(key);
      this.#onChange({ ...old, state: 'inactive', endsMs: atMs });
    } else if (this.#shape.keepFiringForMs === 0) this.#resolve(old, atMs);
    else {
      const kept = { ...old, clearedMs: atMs };
      this.#instances.set(key, kept);
      this.#schedule(kept);
      this.#onChange(kept);
    }
  }

  /** All that do not hold by a look at everything at once. */
  clearAllBut(keys: ReadonlySet<string>, atMs: number): void {
    for (const key of [...this.#instances.keys()]) if (!keys.has(key)) this.clear(key, atMs);
  }

  /** The rule is gone. */
  end(atMs: number): void {
    for (const instance of [...this.#instances.values()]) {
      if (instance.state === 'firing') this.#resolve(instance, atMs);
      else {
        this.#forget(instance.key);
        this.#onChange({ ...instance, state: 'inactive', endsMs: atMs });
      }
    }
  }

  nextDueMs(): number {
    return this.#due.nextDueMs();
  }

  advance(atMs: number): void {
    for (;;) {
      const dueMs = this.#due.nextDueMs();
      const key = this.#due.take(atMs);
      if (key === undefined) return;
      const instance = this.#instances.get(key);
      if (instance === undefined) continue;
      if (instance.clearedMs !== 0) this.#resolve(instance, dueMs);
      else if (instance.state === 'pending') this.#keep(instance, dueMs);
    }
  }

  #make(key: string, found: Labels, value: number | string | null): Instance {
    const data = { labels: found, value };
    const labels: Record<string, string> = { ...found };
    for (const [name, template] of Object.entries(this.#shape.labels)) labels[name] = cut(template(data));
    if (this.#shape.severity !== '') labels['severity'] = this.#shape.severity;
    labels['alertname'] = this.#shape.name;
    const cleaned = cleanLabels(labels);
    return {
      fingerprint: fingerprintOf(cleaned),
      rule: this.#shape.name,
      state: 'pending',
      severity: cleaned['severity'] ?? '',
      labels: cleaned,
      annotations: this.#texts(cleaned, value).annotations,
      value,
      activeMs: 0,
      firedMs: 0,
      clearedMs: 0,
      endsMs: 0,
      causeMs: null,
      key,
    };
  }

  #texts(labels: Labels, value: number | string | null): { annotations: Labels } {
    const annotations: Record<string, string> = {};
    for (const [name, template] of Object.entries(this.#shape.annotations))
      annotations[name] = cut(template({ labels, value }));
    return { annotations: cleanLabels(annotations) };
  }

  #keep(instance: Instance, atMs: number): void {
    const isFiring = atMs >= instance.activeMs + this.#shape.forMs;
    const next: Instance = isFiring ? { ...instance, state: 'firing', firedMs: atMs } : instance;
    this.#instances.set(next.key, next);
    this.#schedule(next);
    this.#onChange(next);
  }

  #resolve(instance: Instance, atMs: number): void {
    this.#forget(instance.key);
    this.#onChange({ ...instance, state: 'resolved', endsMs: Math.max(atMs, instance.firedMs) });
  }

  #forget(key: string): void {
    this.#instances.delete(key);
    this.#due.delete(key);
  }

  #schedule(instance: Instance): void {
    const { forMs, keepFiringForMs } = this.#shape;
    if (instance.clearedMs !== 0) this.#due.set(instance.key, instance.clearedMs + keepFiringForMs);
    else if (instance.state === 'pending') this.#due.set(instance.key, instance.activeMs + forMs);
    else this.#due.delete(instance.key);
  }
}

function cut(text: string): string {
  return text.length <= annotationMaxChars ? text : `${text.slice(0, annotationMaxChars - 1)}…`;
}
