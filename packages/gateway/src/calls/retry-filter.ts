import {
  createBackOff,
  RetryBudget,
  type RetryBudgetOptions,
  retryAfterMs,
  unansweredHeader,
} from '@headwater/resilience';
import { parseStatus } from '../routes/filters/answers.ts';
import type { FilterKind } from '../routes/filters/filter.ts';
import type { Call } from '../stages/call.ts';
import type { End, RetryPolicy } from '../stages/policies.ts';

const series = ['INFORMATIONAL', 'SUCCESSFUL', 'REDIRECTION', 'CLIENT_ERROR', 'SERVER_ERROR'];
const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);
/** Java's names of what can go wrong, without their packages → the codes that they stand for; `*`: any. */
const exceptionCodes: Readonly<Record<string, readonly string[]>> = {
  IOException: ['HW_GATEWAY_UPSTREAM_DOWN', 'HW_GATEWAY_UPSTREAM_RESET', 'HW_GATEWAY_BAD_ANSWER'],
  ConnectException: ['HW_GATEWAY_UPSTREAM_DOWN'],
  SocketException: ['HW_GATEWAY_UPSTREAM_DOWN', 'HW_GATEWAY_UPSTREAM_RESET'],
  PrematureCloseException: ['HW_GATEWAY_UPSTREAM_RESET'],
  TimeoutException: ['HW_GATEWAY_UPSTREAM_TIMEOUT'],
  ReadTimeoutException: ['HW_GATEWAY_UPSTREAM_TIMEOUT'],
  ConnectTimeoutException: ['HW_GATEWAY_UPSTREAM_TIMEOUT'],
  NotFoundException: ['HW_GATEWAY_NO_INSTANCE'],
  Exception: ['*'],
  Throwable: ['*'],
};
/** Failures of the connection or of finding one, that another instance or moment need not have. */
const unsentCodes = new Set(['HW_GATEWAY_UPSTREAM_DOWN', 'HW_GATEWAY_UPSTREAM_TIMEOUT', 'HW_GATEWAY_UPSTREAM_BUSY']);

const bodyMaxBytes = 1024 * 1024;
/** A `Retry-After` beyond this is the caller's to wait. */
const retryAfterMaxMs = 5_000;

/**
 * `Retry=3,BAD_GATEWAY,GET,10ms,500ms,2,true` or `{name, args}` with Spring's `retries` (3), `statuses`, `series` (SERVER_ERROR), `methods`
 * (GET), `exceptions` (IOException, TimeoutException), `backoff` (`firstBackoff`, `maxBackoff`, `factor`, `basedOnPreviousValue`), `jitter`
 * (`randomFactor`), `timeout` (of the whole call; no attempt begins after it).
 *
 * Stricter than Spring's in four things. A method that is not idempotent (POST, PATCH) is sent again only when nothing of it can have
 * reached the instance, or when it carries an `Idempotency-Key`: also when it is in `methods`. Retries are bounded by a budget (20 % of the
 * route's calls and 10 a second, unless told otherwise). An answer's `Retry-After` is waited for, up to 5 s; a longer one goes to the caller.
 * An answer with `x-headwater-unanswered` is not asked for again: the service behind it tried already.
 */
export function retryFilter(budgetOptions: RetryBudgetOptions): FilterKind {
  /** Budgets outlive a reload of the routes. */
  const budgets = new Map<string, RetryBudget>();
  return {
    name: 'Retry',
    shape: {
      fields: [
        'retries',
        'statuses',
        'methods',
        'backoff.firstBackoff',
        'backoff.maxBackoff',
        'backoff.factor',
        'backoff.basedOnPreviousValue',
        'jitter.randomFactor',
        'timeout',
        'series',
        'exceptions',
      ],
    },
    create(args, route): { retry: RetryPolicy } {
      const list = (field: string, fallback: readonly string[]): readonly string[] =>
        args.has(field) ? args.list(field) : fallback;
      const retries = args.integer('retries', 3);
      if (retries < 1 || retries > 100) args.fail('retries must be from 1 to 100');
      const statuses = new Set(
        list('statuses', []).map(
          (text) => parseStatus(text) ?? args.fail(`statuses: "${text}" is not a status like 502 or BAD_GATEWAY`),
        ),
      );
      const hundreds = new Set(
        list('series', ['SERVER_ERROR']).map((text) => {
          const digit = series.indexOf(text.toUpperCase()) + 1 || Number(/^([1-5])(?:xx)?$/i.exec(text)?.[1] ?? 0);
          return digit === 0 ? args.fail(`series: "${text}" is none of ${series.join(', ')}`) : digit;
        }),
      );
      const methods = new Set(list('methods', ['GET']).map((method) => method.toUpperCase()));
      const codes = new Set(
        list('exceptions', ['IOException', 'TimeoutException']).flatMap((name) => {
          const known = exceptionCodes[name.replace(/^.*[.$]/, '')];
          return known ?? args.fail(`exceptions: "${name}" is none of ${Object.keys(exceptionCodes).join(', ')}`);
        }),
      );
      const hasBackoff = ['firstBackoff', 'maxBackoff', 'factor'].some((field) => args.has(`backoff.${field}`));
      const randomFactor = Number(args.optionalText('jitter.randomFactor') ?? 0.5);
      if (!(randomFactor >= 0 && randomFactor <= 1)) args.fail('jitter.randomFactor must be a number from 0 to 1');
      args.flag('backoff.basedOnPreviousValue', true);
      const waitMs = createBackOff({
        firstMs: hasBackoff ? args.durationMs('backoff.firstBackoff', 5) : 0,
        maxMs: args.durationMs('backoff.maxBackoff', 10_000),
        factor: Math.max(1, args.integer('backoff.factor', 2)),
        jitter: 'none',
      });
      const hasJitter = args.has('jitter.randomFactor');
      const timeoutMs = args.durationMs('timeout', 0);
      let budget = budgets.get(route.id);
      if (budget === undefined) budgets.set(route.id, (budget = new RetryBudget(budgetOptions)));
      const spent = budget;

      const isWanted = (end: End): boolean => {
        if (end.headers?.get(unansweredHeader) !== undefined) return false;
        if (end.error === undefined) return statuses.has(end.status) || hundreds.has(Math.floor(end.status / 100));
        return codes.has('*') || codes.has(end.error.code) || (end.isUnsent && unsentCodes.has(end.error.code));
      };
      /** Whether the request may be sent twice. */
      const isSafe = ({ method, req }: Call, end: End): boolean => {
        if (end.isUnsent) return true;
        if (!methods.has(method)) return false;
        return idempotent.has(method) || req.headers['idempotency-key'] !== undefined;
      };
      return {
        retry: {
          maxBodyBytes: bodyMaxBytes,
          delayMs(call, end) {
            if (call.retries === 0) spent.deposit();
            if (call.retries >= retries || !isWanted(end) || !isSafe(call, end)) return undefined;
            const asked = end.error === undefined ? end.headers?.get('retry-after') : undefined;
            const askedMs = retryAfterMs(asked, Date.now()) ?? 0;
            if (askedMs > retryAfterMaxMs) return undefined;
            let delayMs = waitMs(call.retries + 1);
            if (hasJitter) delayMs *= 1 + (Math.random() * 2 - 1) * randomFactor;
            delayMs = Math.max(delayMs, askedMs);
            if (timeoutMs > 0 && performance.now() - call.startMs + delayMs > timeoutMs) return undefined;
            return spent.tryWithdraw() ? delayMs : undefined;
          },
        },
      };
    },
  };
}
