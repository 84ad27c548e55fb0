/** An instance as the leader sees it. */
export interface Instance {
  readonly memberId: string;
  /** Tasks that it works on at the moment. */
  readonly owned: readonly string[];
  /** Tasks whose state it has, on its disk or as a standby, with how far that is behind (offsets, in all). */
  readonly stateLags: ReadonlyMap<string, number>;
  /** Tasks that it knows how to do; all when absent. */
  readonly known?: ReadonlySet<string>;
}

export interface Assigned {
  /** To work on from now on. */
  readonly active: readonly string[];
  /** To keep the state of, for when another instance is gone. */
  readonly standby: readonly string[];
}

export interface StandbyOptions {
  /** Of each task with state. */
  readonly replicas: number;
  readonly stateful: ReadonlySet<string>;
}

/** State that is no further behind is as good as any (Kafka Streams: `acceptable.recovery.lag`). */
const acceptableLag = 10_000;

/**
 * Shares tasks out: each instance as many as the others, give or take one; a task stays where it is if that is possible, else it goes where
 * its state is nearest to the present. A task that another instance still works on is given to nobody before that one has let it go: it
 * then joins anew. Who is to have it keeps its state meanwhile, as standbys do.
 */
export function assignTasks(
  tasks: readonly string[],
  instances: readonly Instance[],
  { replicas, stateful }: StandbyOptions = { replicas: 0, stateful: new Set() },
): Map<string, Assigned> {
  const wanted = new Map<string, string[]>(instances.map(({ memberId }) => [memberId, []]));
  const { contested, owners } = ownersOf(instances);
  const sorted = [...tasks].sort();
  const least = Math.floor(sorted.length / instances.length);
  let extra = sorted.length % instances.length;
  const left: string[] = [];
  const byOwner = new Map<string, string[]>(instances.map(({ memberId }) => [memberId, []]));
  for (const task of sorted) {
    const owner = owners.get(task);
    if (owner === undefined) left.push(task);
    else byOwner.get(owner)!.push(task);
  }
  // Those with the most keep one more than the others where it does not come out even.
  const inTurn = [...byOwner].sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1));
  for (const [memberId, owned] of inTurn) {
    let quota = least;
    if (owned.length > least && extra > 0) {
      quota++;
      extra--;
    }
    wanted.get(memberId)!.push(...owned.slice(0, quota));
    left.push(...owned.slice(quota));
  }
  const countOf = ({ memberId }: Instance) => wanted.get(memberId)!.length;
  for (const task of left.sort()) {
    const able = instances.filter(({ known }) => known?.has(task) ?? true);
    if (able.length === 0) continue;
    const open = able.filter((each) => countOf(each) < least || (countOf(each) === least && extra > 0));
    const target = bestFor(task, open.length > 0 ? open : leastBusy(able, countOf), countOf);
    if (countOf(target) === least) extra--;
    wanted.get(target.memberId)!.push(task);
  }
  const standbys = standbysOf(instances, wanted, owners, replicas, stateful);
  const assigned = new Map<string, Assigned>();
  for (const [memberId, list] of wanted) {
    const isFree = (task: string) => !contested.has(task) && (owners.get(task) ?? memberId) === memberId;
    assigned.set(memberId, { active: list.filter(isFree).sort(), standby: [...standbys.get(memberId)!].sort() });
  }
  return assigned;
}

/** Those with the fewest tasks. */
function leastBusy(instances: readonly Instance[], countOf: (instance: Instance) => number): Instance[] {
  const fewest = Math.min(...instances.map(countOf));
  return instances.filter((each) => countOf(each) === fewest);
}

/** Who has the state; of several the one with the fewest tasks, then with the newest state. */
function bestFor(task: string, instances: readonly Instance[], countOf: (instance: Instance) => number): Instance {
  const rank = (instance: Instance) => {
    const lag = instance.stateLags.get(task) ?? Number.MAX_SAFE_INTEGER;
    return [Math.max(lag, acceptableLag), countOf(instance), lag] as const;
  };
  let best = instances[0]!;
  for (const instance of instances.slice(1)) {
    const [behind, count, lag] = rank(instance);
    const [bestBehind, bestCount, bestLag] = rank(best);
    const order = behind - bestBehind || count - bestCount || lag - bestLag;
    if (order < 0) best = instance;
  }
  return best;
}

/** Replicas of each task with state, not where it is at work; and where it is about to go. */
function standbysOf(
  instances: readonly Instance[],
  wanted: ReadonlyMap<string, readonly string[]>,
  owners: ReadonlyMap<string, string>,
  replicas: number,
  stateful: ReadonlySet<string>,
): Map<string, string[]> {
  const standbys = new Map<string, string[]>(instances.map(({ memberId }) => [memberId, []]));
  const countOf = ({ memberId }: Instance) => standbys.get(memberId)!.length;
  const quota = Math.ceil((stateful.size * replicas) / instances.length) + 1;
  for (const [target, tasks] of wanted) {
    for (const task of tasks) {
      if (replicas === 0 || !stateful.has(task)) continue;
      const owner = owners.get(task) ?? target;
      if (owner !== target) standbys.get(target)!.push(task);
      const others = instances.filter(
        ({ known, memberId }) => memberId !== target && memberId !== owner && (known?.has(task) ?? true),
      );
      for (let n = owner === target ? 0 : 1; n < replicas && others.length > 0; n++) {
        const open = others.filter((each) => countOf(each) < quota);
        const chosen = bestFor(task, open.length > 0 ? open : others, countOf);
        standbys.get(chosen.memberId)!.push(task);
        others.splice(others.indexOf(chosen), 1);
      }
    }
  }
  return standbys;
}

/** Two that claim the same: it is nobody's until both have let it go. */
function ownersOf(instances: readonly Instance[]): { owners: Map<string, string>; contested: Set<string> } {
  const owners = new Map<string, string>();
  const contested = new Set<string>();
  for (const { memberId, owned } of instances) {
    for (const task of owned) {
      if (owners.has(task)) contested.add(task);
      owners.set(task, memberId);
    }
  }
  for (const task of contested) owners.delete(task);
  return { owners, contested };
}
