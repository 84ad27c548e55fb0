import type { HttpContext, PrometheusText } from '@headwater/http';
import type { Logger } from '@headwater/logger';
import type { HeaderList } from '../proxy/header-list.ts';
import type { FilterKind } from '../routes/filters/filter.ts';
import type { PredicateKind } from '../routes/predicates/predicate.ts';
import type { Call } from './call.ts';
import type { End, Guard, Instance, InstancePicker } from './policies.ts';
import type { Stage } from './stage.ts';

/** Sees calls: the access log, metrics, traces. Nothing it does may throw or wait. */
export interface Observer {
  /** The call has been read and its route found (or not): set `call.traceId` here. */
  begun?(call: Call): void;
  /** An attempt goes out with these headers: `traceparent` is set here. */
  sending?(call: Call, headers: HeaderList): void;
  /** The end of an attempt. */
  attempted?(call: Call, instance: Instance, end: End): void;
  /** Exactly once for each call, at its very end, with everything in the call filled in. */
  ended?(call: Call): void;
}

/** A path that the gateway serves itself. */
export interface Endpoint {
  /** `/api/gateway/breakers`; ends with `/` to take everything below it. */
  path: string;
  methods: readonly string[];
  /** Also for callers who have not logged in: the stages of the whole gateway are not run. Default false. */
  isPublic?: boolean;
  serve(ctx: HttpContext, call: Call): unknown;
  /** For `/api/live`: the endpoint's events as long as a page watches. Returns what ends it. */
  stream?(emit: (event: { event: string; data: string }) => void): () => void;
}

/** What a module may ask of the gateway that it is a part of. */
export interface GatewayHost {
  readonly logger: Logger;
  /** Aborted when the gateway closes. */
  readonly closing: AbortSignal;
  /** Compiles the routes again and drops connections to addresses that nobody picks any more: after a change of instances, for example. */
  reload(): void;
  /** Drops connections to addresses that nobody picks any more. */
  prune(): void;
}

/**
 * A part of the gateway that is written beside its core: `createX(options, host): GatewayModule`, listed in `gateway.ts`. All of its fields are
 * optional; a gateway whose modules give nothing of a kind pays nothing for that kind.
 *
 * - **A filter or predicate** for routes: in `filters`, `predicates`. `FilterKind.create(args)` returns the pieces it needs: `request` and
 *   `response` (synchronous changes of the heads), `stage` (asynchronous work before them, in a phase), `guard` (breaker), `retry`.
 * - **A stage for every call**, parts and the gateway's own pages included: in `stages`. `call.route`, `call.part` tell whom it is for.
 * - **A guard for every forwarded call** of a route or part that has none of its own: `guardOf`.
 * - **The instances behind `lb://name`**: `pickerOf`; undefined leaves the name to the next module, and the static list to the core.
 * - **Observers** of calls, **endpoints** of its own.
 *
 * Order for a call: read and checked → browser guard → route → `begun` → stages by phase (gateway's, then route's) → request filters →
 * guards → { pick → `sending` → forward → `attempted`, `done` } until no `delayMs` → response filters → `settled` → answer → `ended`.
 *
 * @example
 * // A filter `Teapot=<who>` that asks a service whether a caller may have tea.
 * const teapot: FilterKind = {
 *   name: 'Teapot',
 *   shape: { fields: ['who'] },
 *   create(args) {
 *     const who = args.text('who');
 *     return {
 *       stage: {
 *         phase: 'authorise',
 *         async begin(call) {
 *           if (!(await mayHaveTea(who, call.caller, call.signal))) throw new HttpError(418, 'HW_TEAPOT', 'no tea');
 *           call.addAnswerHeader('X-Tea', 'yes');
 *           return undefined;
 *         },
 *       },
 *     };
 *   },
 * };
 * const module: GatewayModule = { name: 'tea', filters: [teapot], observers: [{ ended: (call) => count(call.status) }] };
 */
export interface GatewayModule {
  readonly name: string;
  readonly filters?: readonly FilterKind[];
  readonly predicates?: readonly PredicateKind[];
  readonly stages?: readonly Stage[];
  readonly observers?: readonly Observer[];
  readonly endpoints?: readonly Endpoint[];
  /** `listed`: the addresses that the gateway's own configuration has for that name. */
  pickerOf?(
    service: string,
    metadata: Readonly<Record<string, unknown>>,
    listed: readonly Instance[],
  ): InstancePicker | undefined;
  /** `name` as in `Call.name`. Asked once when a route is compiled, and once for each part. */
  guardOf?(name: string): Guard | undefined;
  /** Writes metrics of its own at `/api/gateway/metrics`. */
  metrics?(out: PrometheusText): void;
  /** May be called twice. */
  close?(): void | Promise<void>;
}
