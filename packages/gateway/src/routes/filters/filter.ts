import type { HeaderList } from '../../proxy/header-list.ts';
import type { Call } from '../../stages/call.ts';
import type { Guard, RetryPolicy } from '../../stages/policies.ts';
import type { Stage } from '../../stages/stage.ts';
import type { ArgumentShape, Arguments } from '../arguments.ts';

/** The request as it will go to the upstream; filters change it. */
export interface RequestDraft {
  readonly call: Call;
  readonly method: string;
  /** As the client sent it, normalised. */
  readonly originalPath: string;
  /** Percent-encoded. */
  path: string;
  /** With its "?", or empty. */
  search: string;
  readonly headers: HeaderList;
  /** What the predicates captured, decoded. */
  readonly variables: Readonly<Record<string, string>>;
  /** The Host to send; undefined: the upstream's own. */
  host: string | undefined;
  /** The client's Host. */
  readonly originalHost: string;
  /** Bound for the body, counted while it streams. */
  maxBodyBytes: number | undefined;
  /** Set: answered here, nothing is forwarded. */
  answer: { status: number; location?: string } | undefined;
}

/** The answer's head before it goes to the client. */
export interface ResponseDraft {
  readonly call: Call;
  status: number;
  readonly headers: HeaderList;
}

/** What a filter does with the calls of its route; each piece is optional, and costs nothing where it is absent. */
export interface Filter {
  request?(draft: RequestDraft): void;
  response?(draft: ResponseDraft): void;
  /** Sees the whole body of those answers that it wants, after the changes of their heads. */
  responseBody?: ResponseBodyFilter;
  /** Work before the request filters, possibly asynchronous. */
  stage?: Stage;
  guard?: Guard;
  /** At most one a route. */
  retry?: RetryPolicy;
}

export interface ResponseBodyFilter {
  /** A larger answer is a 502. */
  readonly maxBytes: number;
  wants(draft: ResponseDraft): boolean;
  /** Throws HttpError for an answer that it cannot read. */
  change(body: Buffer, draft: ResponseDraft): Buffer;
}

/** The route that a filter is made for. */
export interface FilterRoute {
  readonly id: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** One kind of filter, named as Spring Cloud Gateway names it. */
export interface FilterKind {
  name: string;
  shape: ArgumentShape;
  create(args: Arguments, route: FilterRoute): Filter;
}
