/** An instance as the leader sees it. */
export interface Instance {
  readonly memberId: string;
  /** Tasks of topologies that it has: it is given no others. Absent: it has all. */
  readonly known?: ReadonlySet<string>;
  /** Tasks that it works on at the moment. */
  readonly owned: readonly string[];
  /** Tasks whose state it has on its disk, with how far that is behind (offsets, in all). */
  readonly stateLags: ReadonlyMap<string, number>;
}

export interface Assigned {
  /** To work on from now on. */
  readonly active: readonly string[];
}

/**
 * Shares tasks out: each instance as many as the others, give or take one; a task stays where it is if that is possible, else it goes where
 * its state is nearest to the present. A task that another instance still works on is given to nobody before that one has let it go: it
 * then joins anew.
 */
export function assignTasks(tasks: readonly string[], instances: readonly Instance[]): Map<string, Assigned> {
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
  for (const task of left.sort()) {
    const target = bestFor(task, instances, wanted);
    wanted.get(target)!.push(task);
  }
  const assigned = new Map<string, Assigned>();
  for (const [memberId, list] of wanted) {
    const isFree = (task: string) => !contested.has(task) && (owners.get(task) ?? memberId) === memberId;
    assigned.set(memberId, { active: list.filter(isFree).sort() });
  }
  return assigned;
}

/** Among the instances with the fewest tasks, the one whose state of the task is the newest. */
function bestFor(task: string, instances: readonly Instance[], wanted: ReadonlyMap<string, readonly string[]>): string {
  const able = instances.filter(({ known }) => known?.has(task) ?? true);
  let best = able[0]!;
  const rank = ({ memberId, stateLags }: Instance) => {
    const lag = stateLags.get(task) ?? Number.MAX_SAFE_INTEGER;
    return [wanted.get(memberId)!.length, lag] as const;
  };
  for (const instance of able) {
    const [count, lag] = rank(instance);
    const [bestCount, bestLag] = rank(best);
    if (count < bestCount || (count === bestCount && lag < bestLag)) best = instance;
  }
  return best.memberId;
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
