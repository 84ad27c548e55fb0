import type { DeltaEntry, InstanceStatus, ServiceInstance } from './eureka-instance.ts';

const none: readonly ServiceInstance[] = Object.freeze([]);

/** A copy of the registry: filled whole, changed by deltas, checked by Eureka's hash code. */
export class InstanceTable {
  /** Service → instance id → instance. */
  #services = new Map<string, Map<string, ServiceInstance>>();
  readonly #lookUps = new Map<string, readonly ServiceInstance[]>();

  /** Takes the whole registry; returns the names whose instances are others than before. */
  replace(instances: readonly ServiceInstance[]): Set<string> {
    const before = this.#services;
    this.#services = new Map();
    const changed = new Set<string>();
    for (const instance of instances) this.#put(instance);
    for (const name of new Set([...before.keys(), ...this.#services.keys()])) {
      const was = before.get(name);
      const is = this.#services.get(name);
      if (was === undefined || is === undefined || was.size !== is.size) mark(changed, was, is);
      else {
        for (const [id, instance] of is) {
          const old = was.get(id);
          // What did not change stays the same object, for whoever keeps state by it.
          if (old !== undefined && isSame(old, instance)) is.set(id, old);
          else mark(changed, was, is);
        }
      }
    }
    this.#forget(changed);
    return changed;
  }

  /** Applies a delta, whose entries may have been applied before; returns the names whose instances are others than before. */
  apply(entries: readonly DeltaEntry[]): Set<string> {
    const changed = new Set<string>();
    for (const { action, instance } of entries) {
      const instances = this.#services.get(instance.service);
      const old = instances?.get(instance.instanceId);
      if (action === 'DELETED') {
        if (old === undefined) continue;
        instances!.delete(instance.instanceId);
        if (instances!.size === 0) this.#services.delete(instance.service);
        for (const name of namesOf(old)) changed.add(name);
      } else if (old === undefined || !isSame(old, instance)) {
        this.#put(instance);
        for (const name of [...namesOf(instance), ...(old ? namesOf(old) : [])]) changed.add(name);
      }
    }
    this.#forget(changed);
    return changed;
  }

  /** Eureka's hash code of the whole registry: how many instances have each status, `DOWN_1_UP_2_`. */
  hashCode(): string {
    const counts = new Map<InstanceStatus, number>();
    for (const instances of this.#services.values()) {
      for (const { status } of instances.values()) counts.set(status, (counts.get(status) ?? 0) + 1);
    }
    return [...counts.keys()]
      .sort()
      .map((status) => `${status}_${counts.get(status)}_`)
      .join('');
  }

  /** The instances that are UP, by the service's name or a virtual address, in any case; the same list until one of them changes. */
  up(name: string): readonly ServiceInstance[] {
    const key = name.toLowerCase();
    const known = this.#lookUps.get(key);
    if (known !== undefined) return known;
    const found = this.all(key).filter(({ status }) => status === 'UP');
    const result = found.length === 0 ? none : Object.freeze(found);
    // Names come from callers: those that nobody has are not kept.
    if (found.length > 0) this.#lookUps.set(key, result);
    return result;
  }

  /** The instances of any status. */
  all(name: string): ServiceInstance[] {
    const key = name.toLowerCase();
    const own = this.#services.get(key);
    if (own !== undefined) return [...own.values()].sort(byId);
    const found: ServiceInstance[] = [];
    for (const instances of this.#services.values()) {
      for (const instance of instances.values()) if (instance.aliases.includes(key)) found.push(instance);
    }
    return found.sort(byId);
  }

  /** Names of all services, sorted. */
  services(): string[] {
    return [...this.#services.keys()].sort();
  }

  #put(instance: ServiceInstance): void {
    let instances = this.#services.get(instance.service);
    if (instances === undefined) this.#services.set(instance.service, (instances = new Map()));
    instances.set(instance.instanceId, instance);
  }

  #forget(names: ReadonlySet<string>): void {
    for (const name of names) this.#lookUps.delete(name);
  }
}

function mark(changed: Set<string>, ...tables: (ReadonlyMap<string, ServiceInstance> | undefined)[]): void {
  for (const table of tables) {
    for (const instance of table?.values() ?? []) for (const name of namesOf(instance)) changed.add(name);
  }
}

function namesOf(instance: ServiceInstance): string[] {
  return [instance.service, ...instance.aliases];
}

function byId(a: ServiceInstance, b: ServiceInstance): number {
  return a.instanceId < b.instanceId ? -1 : 1;
}

function isSame(a: ServiceInstance, b: ServiceInstance): boolean {
  return (
    a.url === b.url &&
    a.status === b.status &&
    JSON.stringify(a.metadata) === JSON.stringify(b.metadata) &&
    a.aliases.join() === b.aliases.join()
  );
}
