import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { errorBody, guardBrowser, HttpContext, HttpError } from '@headwater/http';
import type { Logger } from '@headwater/logger';
import type { BuiltIns } from './built-ins.ts';
import type { OwnStream, StreamRequest } from './live/sub-stream.ts';
import type { Parts } from './parts.ts';
import { writeHead } from './proxy/answer-writer.ts';
import { Exchange, type ExchangeHost, type Timeouts } from './proxy/exchange.ts';
import type { Plan } from './proxy/plan.ts';
import type { Decision, Planner } from './proxy/planner.ts';
import { passUpgrade, writeError } from './proxy/upgrade.ts';
import { Call } from './stages/call.ts';
import type { Observer } from './stages/module.ts';
import { runStages, type Stage, type StageAnswer } from './stages/stage.ts';
import type { Traffic } from './traffic.ts';

export interface DispatcherOptions {
  planner: Planner;
  parts: Parts;
  builtIns: BuiltIns;
  traffic: Traffic;
  timeouts: Timeouts;
  exchangeHost: ExchangeHost;
  /** Of the whole gateway, in their order. */
  stages: readonly Stage[];
  observers: readonly Observer[];
  guard: Parameters<typeof guardBrowser>[1];
  closing: AbortSignal;
  logger: Logger;
}

/** There is none. */
const plainBodyMaxBytes = 0;
/** A fallback may have a fallback, but not for ever. */
const forwardsMax = 4;

/** Leads each call through its stages to a route, a part, or what the gateway serves itself. */
export class Dispatcher {
  readonly exchanges = new Set<Exchange>();
  readonly #options: DispatcherOptions;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** An ordinary request. */
  async handle(ctx: HttpContext): Promise<void> {
    const { req, res } = ctx;
    const call = new Call('request', req, res, req.url ?? '/');
    call.context = ctx;
    if (this.#options.observers.length > 0) res.once('close', () => this.#ended(call));
    try {
      if (ctx.method === 'TRACE')
        throw new HttpError(405, 'HW_GATEWAY_METHOD', 'TRACE is not served: it would show what the gateway adds');
      this.#options.planner.read(call, req.url ?? '/');
      await this.#serve(call);
    } catch (error) {
      this.#failed(call, error);
      throw error;
    }
  }

  /**
   * A request without a body that can be read in one way only: served when a route or a part takes it, otherwise (false) left to `handle`, with everything
   * that is wrong.
   */
  handlePlain(req: IncomingMessage, res: ServerResponse): boolean {
    const { planner, builtIns, observers } = this.#options;
    const call = new Call('request', req, res, req.url!);
    let served: Promise<unknown> | undefined;
    try {
      guardBrowser(req, this.#options.guard);
      planner.read(call, req.url!);
      if (!planner.findRoute(call) && (builtIns.takes(call.path) || planner.findPart(call) === undefined)) return false;
    } catch {
      return false;
    }
    if (observers.length > 0) res.once('close', () => this.#ended(call));
    try {
      served = this.#serveFound(call);
    } catch (error) {
      this.#answerError(call, error);
      return true;
    }
    served?.catch((error) => this.#answerError(call, error));
    return true;
  }

  #failed(call: Call, error: unknown): void {
    const res = call.res!;
    call.errorCode = error instanceof HttpError ? error.code : 'HW_HTTP_INTERNAL';
    call.status = error instanceof HttpError ? error.status : 500;
    call.outcome ??= call.status < 500 ? 'refused' : 'failed';
    if (res.headersSent) return;
    res.setHeader('x-correlation-id', call.correlationId);
    const { answerHeaders = [] } = call;
    for (let i = 0; i < answerHeaders.length; i += 2) res.appendHeader(answerHeaders[i]!, answerHeaders[i + 1]!);
  }

  /** As the server does it for the others. */
  #answerError(call: Call, thrown: unknown): void {
    const res = call.res!;
    if (res.destroyed) return;
    this.#failed(call, thrown);
    if (res.headersSent) return void res.destroy();
    let error = thrown as HttpError;
    if (!(thrown instanceof HttpError)) {
      const text = String((thrown as Error)?.stack ?? thrown);
      this.#options.logger.error({ method: call.method, path: call.path, error: text }, 'request failed');
      error = new HttpError(500, 'HW_HTTP_INTERNAL', 'the server failed on this request: see its log', {}, thrown);
    }
    this.#contextOf(call).sendJson(error.status, errorBody(error), error.headers);
  }

  #contextOf(call: Call): HttpContext {
    call.context ??= new HttpContext(
      call.req,
      call.res!,
      { headers: {}, closing: this.#options.closing, openStream: () => {} },
      plainBodyMaxBytes,
    );
    return call.context;
  }

  /** A WebSocket handshake. */
  async upgrade(req: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    socket.on('error', () => {});
    const call = new Call('upgrade', req, undefined, req.url ?? '/');
    const { planner, traffic, observers, logger } = this.#options;
    try {
      guardBrowser(req, this.#options.guard);
      planner.read(call, req.url ?? '/');
      const answer = await this.#findForwarded(call);
      if (answer !== undefined) return writeAnswer(call, socket, answer);
      const plan = this.#plan(call);
      if (!('plan' in plan)) throw this.#options.builtIns.notFound(call.path);
      const count = traffic.begin(call.name);
      await passUpgrade(call, socket, head, plan.plan, {
        ...this.#timeoutsOf(plan.plan),
        signal: this.#options.closing,
        pool: this.#options.exchangeHost.pool,
        observers,
      }).finally(() => count.end(call.status));
    } catch (error) {
      const known =
        error instanceof HttpError
          ? error
          : new HttpError(500, 'HW_GATEWAY_UPGRADE', 'the upgrade failed: see the log');
      if (known !== error) logger.error({ error: String((error as Error).stack ?? error) }, 'upgrade failed');
      call.errorCode = known.code;
      call.status = known.status;
      call.outcome = known.status < 500 ? 'refused' : 'failed';
      writeError(socket, known, call);
    } finally {
      this.#ended(call);
    }
  }

  /** A request of `/api/live` for one of its streams; `ended` is for when that is over. Throws HttpError when nothing serves it. */
  async live(req: IncomingMessage, target: string): Promise<StreamRequest | OwnStream> {
    const call = new Call('live', req, undefined, target);
    let isEnded = false;
    const ended = (): void => {
      if (isEnded) return;
      isEnded = true;
      this.#ended(call);
    };
    try {
      this.#options.planner.read(call, target);
      const answer = await this.#findForwarded(call);
      if (answer !== undefined)
        throw new HttpError(answer.status, 'HW_GATEWAY_NOT_FOUND', `the gateway itself answers ${answer.status} there`);
      if (call.route === undefined && call.part === undefined)
        return { stream: this.#options.builtIns.streamOf(call.path)!, call, ended };
      const decision = this.#plan(call);
      if (!('plan' in decision)) throw this.#options.builtIns.notFound(call.path);
      return { plan: decision.plan, call, ended };
    } catch (error) {
      call.status = error instanceof HttpError ? error.status : 500;
      call.errorCode = error instanceof HttpError ? error.code : '';
      call.outcome = 'refused';
      ended();
      throw error;
    }
  }

  /** Finds the route and runs the stages; no promise where no stage gives one. */
  #serve(call: Call): Promise<unknown> | undefined {
    this.#find(call);
    return this.#serveFound(call);
  }

  #serveFound(call: Call): Promise<unknown> | undefined {
    const answer = this.#runStages(call);
    if (answer instanceof Promise)
      return answer.then((given) => (call.isGone ? undefined : this.#afterStages(call, given)));
    return this.#afterStages(call, answer);
  }

  #afterStages(call: Call, answer: StageAnswer | undefined): Promise<unknown> | undefined {
    if (answer !== undefined) return void sendAnswer(call, answer);
    if (call.route === undefined && call.part === undefined)
      return this.#options.builtIns.serve(call, this.#contextOf(call)) ?? this.#nothing(call);
    return this.#forward(call);
  }

  /** A route, else a part, else it is for the gateway itself. */
  #find(call: Call): void {
    const { planner, builtIns } = this.#options;
    if (!planner.findRoute(call) && !builtIns.takes(call.path)) planner.findPart(call);
  }

  #runStages(call: Call): StageAnswer | undefined | Promise<StageAnswer | undefined> {
    const { observers, builtIns } = this.#options;
    for (const observer of observers) observer.begun?.(call);
    const { route } = call;
    const stages = route === undefined ? this.#options.stages : route.stages;
    if (stages.length === 0) return undefined;
    if (route === undefined && call.part === undefined && builtIns.isPublic(call.path)) return undefined;
    return runStages(stages, call);
  }

  /** Of a handshake, or of a stream of a live page: of what the gateway serves itself only some can be a stream. */
  #findForwarded(call: Call): StageAnswer | undefined | Promise<StageAnswer | undefined> {
    this.#find(call);
    const { builtIns } = this.#options;
    const isOwn = call.route === undefined && call.part === undefined;
    if (isOwn && !(call.kind === 'live' && builtIns.streamOf(call.path))) throw builtIns.notFound(call.path);
    return this.#runStages(call);
  }

  #plan(call: Call): Decision {
    const { planner } = this.#options;
    if (call.route !== undefined) return planner.planRoute(call);
    const part = planner.findPart(call);
    if (part === undefined) throw this.#options.builtIns.notFound(call.path);
    return { plan: planner.planPart(call, part) };
  }

  async #forward(call: Call): Promise<void> {
    const { traffic, timeouts, exchangeHost, logger } = this.#options;
    const decision = this.#plan(call);
    const res = call.res!;
    if ('answer' in decision) {
      const { body, headers, status } = decision.answer;
      call.status = status;
      const own = ['X-Correlation-Id', call.correlationId];
      writeHead(call.req, res, status, '', [...own, ...headers, ...(call.answerHeaders ?? [])]);
      res.end(body);
      return;
    }
    if ('forward' in decision) return this.#again(call, decision.forward);
    const count = traffic.begin(call.name);
    const { plan } = decision;
    const exchange = new Exchange(
      call,
      plan,
      plan.connectTimeoutMs === undefined && plan.responseTimeoutMs === undefined ? timeouts : this.#timeoutsOf(plan),
      exchangeHost,
    );
    this.exchanges.add(exchange);
    let fallback: string | undefined;
    try {
      fallback = await exchange.run();
      count.end(call.status);
    } catch (error) {
      count.end(error instanceof HttpError ? error.status : 500);
      if (error instanceof HttpError && error.status >= 500)
        logger.warn(
          { code: error.code, path: call.path, correlationId: call.correlationId, error: error.message },
          'request not forwarded',
        );
      throw error;
    } finally {
      this.exchanges.delete(exchange);
    }
    if (fallback !== undefined && !call.isGone) await this.#again(call, fallback);
  }

  /** Sends a call through the routes once more, with another path. The stages of the whole gateway have seen it already. */
  async #again(call: Call, path: string): Promise<void> {
    const { planner, builtIns } = this.#options;
    if (++call.forwards > forwardsMax)
      throw new HttpError(508, 'HW_GATEWAY_LOOP', `${call.name} leads to itself: more than ${forwardsMax} fallbacks`);
    const before = call.failure;
    planner.readAgain(call, path);
    const isRoute = planner.findRoute(call);
    if (!isRoute && !builtIns.takes(call.path)) planner.findPart(call);
    if (!isRoute && call.part === undefined) {
      call.route = undefined;
      const served = builtIns.serve(call, this.#contextOf(call));
      if (served !== undefined) return void (await served);
      throw before ?? builtIns.notFound(call.path);
    }
    const own = isRoute ? call.route!.stages.filter((stage) => !this.#options.stages.includes(stage)) : [];
    const answer = await runStages(own, call);
    if (answer !== undefined) return sendAnswer(call, answer);
    await this.#forward(call);
  }

  #nothing(call: Call): never {
    throw this.#options.builtIns.notFound(call.path);
  }

  #timeoutsOf(plan: Plan): Timeouts {
    const { timeouts } = this.#options;
    return {
      ...timeouts,
      connectTimeoutMs: plan.connectTimeoutMs ?? timeouts.connectTimeoutMs,
      responseTimeoutMs: plan.responseTimeoutMs ?? timeouts.responseTimeoutMs,
    };
  }

  #ended(call: Call): void {
    const { res } = call;
    if (res !== undefined) {
      if (call.status === 0) call.status = res.headersSent ? res.statusCode : 0;
      if (call.responseBytes === 0) call.responseBytes = Number(res.getHeader('content-length') ?? 0);
      call.outcome ??= res.writableFinished ? 'answered' : 'cancelled';
    }
    call.outcome ??= 'answered';
    for (const observer of this.#options.observers) observer.ended?.(call);
  }
}

function sendAnswer(call: Call, answer: StageAnswer): void {
  const res = call.res!;
  call.status = answer.status;
  const length = answer.body === undefined ? 0 : Buffer.byteLength(answer.body);
  const framing = answer.status === 204 || answer.status === 304 ? [] : ['Content-Length', String(length)];
  const own = ['X-Correlation-Id', call.correlationId, ...framing];
  // What is left of a body that nobody reads cannot be followed by another request.
  if (!call.req.complete && call.req.httpVersionMajor === 1) own.push('Connection', 'close');
  writeHead(call.req, res, answer.status, '', [...answer.headers, ...(call.answerHeaders ?? []), ...own]);
  res.end(call.method === 'HEAD' ? undefined : answer.body);
  call.req.resume();
}

/** A stage's answer to a handshake: a refusal, or the way to the login. */
function writeAnswer(call: Call, socket: Socket, answer: StageAnswer): void {
  call.status = answer.status;
  const body = answer.body ?? JSON.stringify(errorBody(new HttpError(answer.status, 'HW_GATEWAY_UPGRADE', 'refused')));
  writeError(socket, { status: answer.status, headers: answer.headers, body }, call);
}
