import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpContext, HttpError } from '@headwater/http';
import { isGone } from '../proxy/answer-writer.ts';
import { clientAddress } from '../proxy/forwarded.ts';
import type { HeaderList } from '../proxy/header-list.ts';
import { RequestBody } from '../proxy/request-body.ts';
import type { Route } from '../routes/compile-route.ts';
import type { RouteRequest } from '../routes/route-request.ts';
import type { Instance } from './policies.ts';

/** Who calls, when somebody has asked: the stage of authentication sets it. The shape of `@headwater/auth`. */
export interface Caller {
  readonly subject: string;
  readonly name: string;
  readonly clientId: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly claims: Readonly<Record<string, unknown>>;
  readonly expiresAtMs: number;
}

/**
 * How a call ended. `answered`: its answer went out whole; `refused`: the gateway said no (4xx of its own); `failed`: the gateway had to
 * answer for the upstream (5xx of its own); `cut`: the upstream died within its answer; `cancelled`: the caller left; `upgraded`: a WebSocket.
 */
export type Outcome = 'answered' | 'refused' | 'failed' | 'cut' | 'cancelled' | 'upgraded';

/**
 * One request on its way through the gateway: what the stages know of it and leave for each other and for the observers. WebSocket handshakes
 * (`upgrade`) and each attempt of a sub-stream of `/api/live` (`live`) are calls too.
 */
export class Call {
  readonly kind: 'request' | 'upgrade' | 'live';
  readonly req: IncomingMessage;
  /** Absent for upgrades and sub-streams. */
  readonly res: ServerResponse | undefined;
  readonly method: string;
  /** The target as it was asked for; replaced by the normalised path as soon as that is known. Never has a query. */
  path: string;
  readonly correlationId: string;
  /** `performance.now()` at the start; `performance.timeOrigin + startMs` is the epoch time. */
  readonly startMs: number;
  /** The connection's other end: never a forwarded address. */
  readonly clientAddress: string;

  /** Set when the request has been read. A fallback replaces it. */
  request!: RouteRequest;
  /** The route that took it; undefined for parts and for what the gateway answers itself. */
  route: Route | undefined;
  /** The part's key for `/api/KEY/**`. */
  part: string | undefined;
  /** `route "query"`, `part "search"`, `gateway`: for messages and counts. */
  name = 'gateway';
  /** What the route's predicates captured, decoded. */
  variables: Readonly<Record<string, string>> = noVariables;

  /** Set by the stage of authentication; undefined for who has not said who it is, the developer of this machine among them. */
  caller: Caller | undefined;
  /** It came from this machine without credentials, and that is enough here: the user `developer`, who may do everything. */
  isDeveloper = false;
  /** The name of the caller for logs and limits, also where nobody had to log in. */
  user = '';
  /** Set by a stage: changes the caller's headers before the route's filters see them. */
  changeHeaders: ((headers: HeaderList, call: Call) => void) | undefined;
  /** Set by an observer that traces; 32 hexadecimal digits. */
  traceId = '';
  /** The answer is for a script of another origin: what the upstream says about that is not passed on. */
  isCors = false;
  /** Fields for the answer, whoever gives it: `[name, value, …]`. */
  answerHeaders: string[] | undefined;
  /** The server's view of it, where there is one: for what the gateway serves itself. */
  context: HttpContext | undefined;
  /** What stages of one kind leave for their own later parts. */
  state: Map<unknown, unknown> | undefined;

  /** The instance of the last attempt. */
  instance: Instance | undefined;
  /** Attempts beyond the first. */
  retries = 0;
  /** How often a fallback or `forward:` has sent it through the routes again. */
  forwards = 0;
  /** Why the last attempt failed, or a guard refused: what `FallbackHeaders` tells. */
  failure: HttpError | undefined;
  /** From the sending of the last attempt to the head of its answer. */
  upstreamMs = 0;
  requestBytes = 0;
  responseBytes = 0;
  status = 0;
  outcome: Outcome | undefined;
  /** The code of the gateway's own answer, such as `HW_GATEWAY_UPSTREAM_DOWN`. */
  errorCode = '';
  #abort: AbortController | undefined;
  #body: RequestBody | undefined;

  constructor(kind: Call['kind'], req: IncomingMessage, res: ServerResponse | undefined, target: string) {
    this.kind = kind;
    this.req = req;
    this.res = res;
    this.method = kind === 'live' ? 'GET' : (req.method ?? 'GET');
    const question = target.indexOf('?');
    this.path = question === -1 ? target : target.slice(0, question);
    this.startMs = performance.now();
    this.clientAddress = clientAddress(req.socket);
    const given = req.headers['x-correlation-id'];
    this.correlationId = typeof given === 'string' && /^[\w.:@/+=-]{1,128}$/.test(given) ? given : randomUUID();
  }

  /** Its body: for stages that look at it, and for whoever it is sent to. */
  get body(): RequestBody {
    this.#body ??= new RequestBody(this.req);
    return this.#body;
  }

  get isBodyReplaced(): boolean {
    return this.#body?.isReplaced === true;
  }

  addAnswerHeader(name: string, value: string): void {
    this.answerHeaders ??= [];
    this.answerHeaders.push(name, value);
  }

  /** Aborted when the caller leaves: for stages that wait. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new AbortController();
      this.#abort = abort;
      const end = this.res ?? this.req.socket;
      if (this.isGone) abort.abort();
      else end.once('close', () => abort.abort());
    }
    return this.#abort.signal;
  }

  get isGone(): boolean {
    return this.res === undefined ? this.req.socket.destroyed : isGone(this.req, this.res);
  }
}

const noVariables: Readonly<Record<string, string>> = Object.freeze({});
