import { BrokerError } from '../broker-error.ts';
import type { Clock } from '../clock/clock.ts';
import type { FaultFiles } from '../storage/index.ts';
import type { FaultRule } from './fault-rule.ts';
import { type FaultOwner, type FaultStatus, InjectedFault } from './injected-fault.ts';
import { parseRule } from './parse-rule.ts';
import { answerFault, askInFull, type Call, RequestFault } from './request-fault.ts';
import { planStorageFaults } from './storage-plan.ts';

const rulesMax = 1_000;

/**
 * Faults on purpose: what a client does when its broker is slow, gone, full, or says no. Rules apply in the order in which they were
 * added: delays add up, and the first one of another kind decides. They outlive `restart`.
 *
 * @example
 * using fault = broker.faults.add({ kind: 'error', error: 'NOT_LEADER_OR_FOLLOWER', match: { api: 'Produce' }, times: 1 });
 * await producer.send(…);      // the client tries again
 * assert.equal(fault.hits, 1);
 */
export class BrokerFaults {
  readonly #clock: Clock;
  readonly #all = new Map<number, InjectedFault>();
  readonly #held = new Set<HeldCall>();
  readonly #owner: FaultOwner;
  #nextId = 1;
  #files: FaultFiles | null = null;
  #onAccept: (() => void) | null = null;
  /** @internal Those for requests; null when there is none, which is all that a request costs then. */
  requests: readonly RequestFault[] | null = null;
  /** @internal Those for new connections. */
  accepts: readonly InjectedFault[] | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#owner = {
      monotonicMs: () => clock.monotonicMs(),
      ended: (fault) => this.#ended(fault),
      removed: ({ id }) => void this.#all.delete(id),
    };
  }

  /** @throws BrokerError HW_BROKER_CONTROL when the rule makes no sense */
  add(rule: FaultRule): InjectedFault {
    if (this.#all.size >= rulesMax) {
      throw new BrokerError(
        'HW_BROKER_CONTROL',
        `There are ${rulesMax} faults already. Remove some, or all with removeAll().`,
      );
    }
    const fault = new InjectedFault(this.#nextId++, parseRule(rule), this.#owner);
    this.#all.set(fault.id, fault);
    this.#arrange();
    // What it holds is let go at that moment, not when somebody looks.
    if (rule.forMs !== undefined) this.#clock.schedule(rule.forMs, () => void fault.isActive);
    return fault;
  }

  /** Those that were added and not removed, also when they are over. */
  list(): FaultStatus[] {
    return Array.from(this.#all.values(), (fault) => fault.status());
  }

  find(id: number): InjectedFault | undefined {
    return this.#all.get(id);
  }

  removeAll(): void {
    for (const fault of [...this.#all.values()]) fault.remove();
  }

  /** @internal A broker starts: the disk under it, and what to do when new connections are served again. */
  attach(files: FaultFiles, onAccept: () => void): void {
    this.#files = files;
    this.#onAccept = onAccept;
    this.#arrange();
  }

  /** @internal The broker stops: who is held back will not be answered any more. */
  detach(): void {
    for (const { call } of this.#held) call.connection.destroy();
    this.#held.clear();
  }

  /** @internal How a new connection is treated; null: it is served. */
  acceptance(): 'hold' | 'close' | null {
    for (const fault of this.accepts ?? []) {
      if (fault.rule.kind !== 'accept' || fault.isSpent || !fault.take()) continue;
      return fault.rule.how ?? 'hold';
    }
    return null;
  }

  /** @internal Called for each request while there are rules. */
  intercept(call: Call): void {
    const delay: { ms: number } = { ms: 0 };
    let decisive: RequestFault | null = null;
    for (const each of this.requests ?? []) {
      const { fault, rule } = each;
      if (!fault.isActive || fault.isSpent) continue;
      if (each.needsFullFetch(call)) {
        askInFull(call);
        return;
      }
      if (!each.fits(call) || !fault.take()) continue;
      if (rule.kind !== 'latency') {
        decisive = each;
        break;
      }
      const ms = rule.ms + (rule.jitterMs ?? 0) * (rule.jitterMs === undefined ? 0 : fault.nextRandom());
      if (rule.when === 'after') call.request.fault = answerFault(rule, (send) => this.#clock.schedule(ms, send));
      else delay.ms += ms;
    }
    if (delay.ms === 0) this.#act(decisive, call);
    else
      this.#hold(
        call,
        null,
        (release) => this.#clock.schedule(delay.ms, release),
        () => this.#act(decisive, call),
      );
  }

  #act(decisive: RequestFault | null, call: Call): void {
    const { connection, request } = call;
    if (connection.isClosed) return;
    if (decisive === null) {
      call.handle(call.body);
      return;
    }
    const { fault, rule } = decisive;
    if (rule.kind === 'error') decisive.answerWithError(call);
    else if (rule.kind === 'stall')
      this.#hold(
        call,
        fault,
        () => {},
        () => call.handle(call.body),
      );
    else if (rule.kind === 'disconnect' && (rule.when ?? 'before') === 'before') connection.destroy();
    else {
      request.fault = answerFault(rule, () => {});
      call.handle(call.body);
    }
  }

  /** Keeps a request back, and with it all that follows on its connection, as a broker that is busy with it would. */
  #hold(call: Call, until: InjectedFault | null, start: (release: () => void) => void, go: () => void): void {
    const { connection, request } = call;
    const held: HeldCall = {
      call,
      until,
      release: () => {
        if (!this.#held.delete(held)) return;
        request.onAbandoned = null;
        if (!connection.isClosed) go();
        connection.release();
      },
    };
    connection.hold();
    request.onAbandoned = () => void this.#held.delete(held);
    this.#held.add(held);
    start(held.release);
  }

  #ended(fault: InjectedFault): void {
    this.#arrange();
    for (const held of [...this.#held]) if (held.until === fault) held.release();
    if (fault.rule.kind === 'accept' && this.accepts === null) this.#onAccept?.();
  }

  #arrange(): void {
    const active = [...this.#all.values()].filter((fault) => fault.isActive);
    const of = (...kinds: FaultRule['kind'][]) => active.filter(({ rule }) => kinds.includes(rule.kind));
    const requests = of('latency', 'disconnect', 'error', 'stall').map((fault) => new RequestFault(fault));
    this.requests = requests.length === 0 ? null : requests;
    const accepts = of('accept');
    this.accepts = accepts.length === 0 ? null : accepts;
    const storage = of('storage');
    if (this.#files !== null) this.#files.plan = storage.length === 0 ? null : planStorageFaults(storage);
  }
}

interface HeldCall {
  readonly call: Call;
  /** The fault that holds it; null when only time does. */
  readonly until: InjectedFault | null;
  release(): void;
}
