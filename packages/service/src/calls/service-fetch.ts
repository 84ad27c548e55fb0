import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@headwater/logger';
import { type CircuitBreakerConfig, createBackOff, retryAfterMs, unansweredHeader } from '@headwater/resilience';
import { reasonOf } from '../ask/http-asker.ts';
import type { ServiceInstance } from '../discovery/eureka-instance.ts';
import { correlationHeader, requestScopes } from '../observe/request-scope.ts';
import type { ServiceMetrics } from '../observe/service-metrics.ts';
import { traceParent } from '../observe/trace-context.ts';
import type { Span, Tracer } from '../observe/tracer.ts';
import { CallError } from './call-error.ts';
import { breakerDefaults, type CallEndpoint, CallTarget } from './call-target.ts';
import { AttemptError, Transport } from './transport.ts';

/** `fetch`'s options that are served, and some of our own. */
export interface ServiceFetchInit {
  method?: string;
  headers?: RequestInit['headers'];
  /** A body that can be sent again: text, bytes, form fields. */
  body?: string | Uint8Array | ArrayBuffer | URLSearchParams | null;
  signal?: AbortSignal | null;
  /** For the call with all its attempts, until the head of the answer is there. Default 10,000 ms. */
  timeoutMs?: number;
  /** For one attempt. Default 3,000 ms. */
  attemptTimeoutMs?: number;
  /** Attempts beyond the first. Default 3. */
  retries?: number;
  /** The call may be made twice although its method does not say so (it has an idempotency key, say). Default: by method. */
  isIdempotent?: boolean;
  /** Whose token goes with it: the caller's, else the service's own (`auto`, default); always its own; none. */
  token?: 'auto' | 'service' | 'none';
  /** Calls with the same key go to the same instance, as long as it is there. */
  stickyKey?: string;
}

export interface ServiceFetchOptions {
  /** The instances of a service; undefined: nobody can say. Waits for the first copy of the registry. */
  instances: (service: string, signal: AbortSignal) => Promise<readonly ServiceInstance[] | undefined>;
  /** Fixed addresses, for services that no discovery knows. */
  addresses: (service: string) => readonly string[] | undefined;
  breaker: (service: string) => Partial<CircuitBreakerConfig>;
  /** The service's own token; undefined where there is no issuer. */
  ownToken: ((signal: AbortSignal) => Promise<string>) | undefined;
  forgetToken: (token: string) => void;
  zone?: string | undefined;
  ca?: string | undefined;
  tracer: () => Tracer;
  metrics: ServiceMetrics;
  logger: Logger;
}

const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);
const retriedStatuses = new Set([502, 503, 504]);
const backOff = createBackOff({ firstMs: 10, maxMs: 500 });
const retryAfterMaxMs = 1_000;
const targetsMax = 1_000;

interface Call {
  target: CallTarget;
  url: URL;
  method: string;
  headers: Record<string, string>;
  body: Uint8Array | undefined;
  span: Span;
  init: ServiceFetchInit;
  canRepeat: boolean;
  signal: AbortSignal;
  isInternal: boolean;
}

/**
 * `fetch` for calls between services: `http://orders/items/7` finds `orders` by discovery, chooses an instance, tries another one when that
 * does not answer (where the call may be made twice), gives up on a service that fails, and takes trace, correlation id and token along.
 */
export class ServiceFetch {
  readonly #options: ServiceFetchOptions;
  readonly #transport: Transport;
  readonly #targets = new Map<string, CallTarget>();

  constructor(options: ServiceFetchOptions) {
    this.#options = options;
    this.#transport = new Transport(options.ca);
  }

  /**
   * @throws CallError HW_SERVICE_NO_INSTANCE, HW_SERVICE_BREAKER_OPEN, HW_SERVICE_CALL_TIMEOUT, HW_SERVICE_CALL_FAILED; the signal's reason
   */
  readonly fetch = async (input: string | URL, init: ServiceFetchInit = {}): Promise<Response> => {
    const url = new URL(String(input).replace(/^lb:/, 'http:'));
    const isInternal = isServiceName(url);
    const method = (init.method ?? 'GET').toUpperCase();
    const target = this.#target(isInternal ? url.hostname : url.origin);
    const scope = requestScopes.getStore();
    const span = this.#options
      .tracer()
      .start(`${method} ${target.name}`, { kind: 'client', parent: scope?.span.context });
    const startMs = performance.now();
    const timeoutMs = init.timeoutMs ?? 10_000;
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    let status = 0;
    try {
      const headers = plainHeaders(init.headers);
      const body = bodyOf(init.body, headers);
      headers['traceparent'] ??= traceParent(span.context);
      headers[correlationHeader] ??= scope?.correlationId ?? span.context.traceId;
      const canRepeat = init.isIdempotent ?? (idempotent.has(method) || 'idempotency-key' in headers);
      if (span.isRecording) {
        span.setAttributes({ 'http.request.method': method, 'server.address': target.name, 'url.path': url.pathname });
      }
      const response = await this.#call({
        target,
        url,
        method,
        headers,
        body,
        span,
        init,
        canRepeat,
        signal,
        isInternal,
      });
      status = response.statusCode ?? 0;
      return toResponse(response, url, method, init.signal ?? undefined);
    } catch (error) {
      span.fail(error);
      if (init.signal?.aborted) throw init.signal.reason;
      if (timeout.aborted && !(error instanceof CallError)) {
        throw new CallError(
          'HW_SERVICE_CALL_TIMEOUT',
          target.name,
          1,
          `${target.name} did not answer within ${timeoutMs} ms`,
          error,
        );
      }
      throw error;
    } finally {
      if (span.isRecording) span.setAttributes({ 'http.response.status_code': status });
      span.end();
      this.#options.metrics.call(target.name, method, status, (performance.now() - startMs) / 1_000);
    }
  };

  /** What is known of the services that were called, for people. */
  snapshot() {
    return [...this.#targets.values()].map(({ balancer, breaker, budget, name, outliers }) => ({
      service: name,
      breaker: breaker.snapshot(),
      retries: budget.snapshot(),
      instances: balancer.endpoints.map(({ endpoint, inFlight, picks }) => ({
        ...endpoint,
        inFlight,
        picks,
        isEjected: outliers.isEjected(endpoint.id),
      })),
    }));
  }

  close(): void {
    this.#transport.close();
  }

  #target(name: string): CallTarget {
    let target = this.#targets.get(name);
    if (target === undefined) {
      // Names come from the program; a program that makes them up must not fill the memory.
      if (this.#targets.size >= targetsMax) this.#targets.delete(this.#targets.keys().next().value!);
      const { logger, zone } = this.#options;
      target = new CallTarget(name, { zone, logger, breaker: { ...breakerDefaults, ...this.#options.breaker(name) } });
      this.#targets.set(name, target);
    }
    return target;
  }

  async #call(call: Call): Promise<IncomingMessage> {
    const { init, signal, target } = call;
    const retries = init.retries ?? 3;
    const tried = new Set<string>();
    target.budget.deposit();
    let isTokenRenewed = false;
    for (let attempt = 1; ; attempt += 1) {
      await this.#locate(call);
      const picked = target.balancer.pick({
        exclude: tried,
        ...(init.stickyKey !== undefined && { key: init.stickyKey }),
        ...(target.outliers.hasEjected && { isAvailable: (id: string) => !target.outliers.isEjected(id) }),
      });
      if (picked === undefined) {
        throw new CallError(
          'HW_SERVICE_NO_INSTANCE',
          target.name,
          attempt - 1,
          `no instance of ${target.name} is UP: is it registered in discovery?`,
        );
      }
      if (!target.breaker.tryAcquirePermission()) {
        const reason = `calls of ${target.name} failed too often, and are let through again later`;
        throw new CallError('HW_SERVICE_BREAKER_OPEN', target.name, attempt - 1, reason);
      }
      const { id, url: base } = picked.endpoint;
      tried.add(id);
      const startMs = performance.now();
      let failure: unknown;
      let response: IncomingMessage | undefined;
      const token = await this.#token(call);
      target.balancer.begin(picked);
      try {
        response = await this.#attempt(call, base, token);
      } catch (error) {
        failure = error;
      } finally {
        target.balancer.end(picked);
      }
      const durationMs = performance.now() - startMs;
      if (init.signal?.aborted) {
        target.breaker.releasePermission();
        throw init.signal.reason;
      }
      const status = response?.statusCode ?? 0;
      target.outliers.record(id, status === 0 ? 503 : status);
      if (status === 0 || status >= 500) target.breaker.onError(durationMs);
      else target.breaker.onSuccess(durationMs);

      if (status === 401 && token !== undefined && token.isOwn && !isTokenRenewed) {
        isTokenRenewed = true;
        this.#options.forgetToken(token.value);
        tried.delete(id);
        response!.resume();
        continue;
      }
      if (response !== undefined && (!retriedStatuses.has(status) || unansweredHeader in response.headers))
        return response;
      const isUnsent = failure instanceof AttemptError && !failure.isSent;
      const isOver =
        attempt > retries || signal.aborted || !(call.canRepeat || isUnsent) || !target.budget.tryWithdraw();
      if (isOver) {
        if (response !== undefined) return response;
        const code =
          signal.aborted || failure instanceof AttemptTimeout ? 'HW_SERVICE_CALL_TIMEOUT' : 'HW_SERVICE_CALL_FAILED';
        const attempts = attempt === 1 ? '' : ` after ${attempt} attempts`;
        throw new CallError(
          code,
          target.name,
          attempt,
          `${target.name} (${base}) did not answer${attempts}: ${reasonOf(failure)}`,
          failure,
        );
      }
      response?.resume();
      this.#options.metrics.retry(target.name);
      const asked = retryAfterMs(response?.headers['retry-after'], Date.now());
      // Another instance is asked at once; the same one is given a moment.
      const isAnotherLeft = target.balancer.endpoints.some(({ endpoint }) => !tried.has(endpoint.id));
      const waitMs = isAnotherLeft ? 0 : Math.max(backOff(attempt), Math.min(asked ?? 0, retryAfterMaxMs));
      if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => {});
      if (!isAnotherLeft) tried.clear();
    }
  }

  /** Brings the balancer up to what discovery says now. */
  async #locate({ isInternal, signal, target, url }: Call): Promise<void> {
    if (!isInternal) return target.update(fixedOf(url.origin), fixedEndpoint);
    const fixed = this.#options.addresses(target.name);
    if (fixed !== undefined) return target.update(fixed, fixedEndpoint);
    const instances = await this.#options.instances(target.name, signal);
    if (instances === undefined) {
      const reason = `${target.name} cannot be found: tell the service where discovery is by HEADWATER_DISCOVERY_URL`;
      throw new CallError('HW_SERVICE_NO_INSTANCE', target.name, 0, reason);
    }
    target.update(instances, discoveredEndpoint);
  }

  async #attempt(call: Call, base: string, token: Token | undefined): Promise<IncomingMessage> {
    const { body, headers, init, method, signal, url } = call;
    signal.throwIfAborted();
    const timeoutMs = init.attemptTimeoutMs ?? 3_000;
    const own = new AbortController();
    const timer = setTimeout(() => own.abort(new AttemptTimeout(`no answer within ${timeoutMs} ms`)), timeoutMs);
    const onAbort = (): void => own.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const at = new URL(`${base}${url.pathname}${url.search}`);
      const sent = { ...headers, ...(token && { authorization: `Bearer ${token.value}` }) };
      const response = await this.#transport.send(at, { method, headers: sent, body, signal: own.signal });
      // From here on the body is the caller's: only its signal ends it.
      return response;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Tokens go to the platform's services only, never to an address elsewhere. */
  async #token({ headers, init, isInternal, signal }: Call): Promise<Token | undefined> {
    if (!isInternal || init.token === 'none' || headers['authorization'] !== undefined) return undefined;
    const brought = requestScopes.getStore()?.token;
    if (brought !== undefined && init.token !== 'service') return { value: brought, isOwn: false };
    const { logger, ownToken } = this.#options;
    if (ownToken === undefined) return undefined;
    try {
      return { value: await ownToken(signal), isOwn: true };
    } catch (error) {
      if (signal.aborted) throw error;
      logger.warn({ reason: reasonOf(error) }, 'calls go without a token: none can be had');
      return undefined;
    }
  }
}

interface Token {
  value: string;
  isOwn: boolean;
}

class AttemptTimeout extends Error {}

/** A name without dots and port is a service's: `http://orders/`. */
function isServiceName({ hostname, port, protocol }: URL): boolean {
  return (
    port === '' &&
    /^https?:$/.test(protocol) &&
    !/[.:]/.test(hostname) &&
    hostname !== 'localhost' &&
    isIP(hostname) === 0
  );
}

const fixed = new Map<string, readonly string[]>();

/** The same list for the same origin, as lists are told apart by identity. */
function fixedOf(origin: string): readonly string[] {
  let list = fixed.get(origin);
  if (list === undefined) {
    if (fixed.size >= targetsMax) fixed.clear();
    fixed.set(origin, (list = [origin]));
  }
  return list;
}

function fixedEndpoint(url: string): CallEndpoint {
  return { id: url, url: url.replace(/\/+$/, '') };
}

function discoveredEndpoint({ instanceId, metadata, url }: ServiceInstance): CallEndpoint {
  const weight = Number(metadata['weight'] ?? 1);
  return { id: instanceId, url, zone: metadata['zone'], weight: weight > 0 && weight <= 1_000_000 ? weight : 1 };
}

function plainHeaders(given: ServiceFetchInit['headers']): Record<string, string> {
  if (given === undefined) return {};
  const result: Record<string, string> = {};
  for (const [name, value] of new Headers(given)) result[name] = value;
  return result;
}

function bodyOf(given: ServiceFetchInit['body'], headers: Record<string, string>): Uint8Array | undefined {
  if (given === null || given === undefined) return undefined;
  let bytes: Uint8Array;
  if (given instanceof URLSearchParams) {
    headers['content-type'] ??= 'application/x-www-form-urlencoded;charset=UTF-8';
    bytes = Buffer.from(String(given));
  } else if (typeof given === 'string') {
    headers['content-type'] ??= 'text/plain;charset=UTF-8';
    bytes = Buffer.from(given);
  } else bytes = given instanceof ArrayBuffer ? new Uint8Array(given) : given;
  headers['content-length'] = String(bytes.byteLength);
  return bytes;
}

function toResponse(message: IncomingMessage, url: URL, method: string, signal: AbortSignal | undefined): Response {
  const headers = new Headers();
  for (let at = 0; at < message.rawHeaders.length; at += 2)
    headers.append(message.rawHeaders[at]!, message.rawHeaders[at + 1]!);
  const status = message.statusCode!;
  const hasBody = method !== 'HEAD' && status !== 204 && status !== 205 && status !== 304;
  if (!hasBody) message.resume();
  else if (signal !== undefined) {
    const onAbort = (): void => void message.destroy(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    message.once('close', () => signal.removeEventListener('abort', onAbort));
  }
  const body = hasBody ? (Readable.toWeb(message) as ReadableStream) : null;
  const response = new Response(body, { status, statusText: message.statusMessage ?? '', headers });
  Object.defineProperty(response, 'url', { value: String(url) });
  return response;
}
