import { AsyncLocalStorage } from 'node:async_hooks';
import type { Principal } from '@headwater/auth';
import type { Span } from './tracer.ts';

/** What goes with one piece of work (a request, a record) wherever it is awaited. */
export interface RequestScope {
  /** The span that work in here is part of. */
  readonly span: Span;
  readonly correlationId: string;
  /** The bearer token that the caller brought, to be passed on to other services. */
  readonly token: string | undefined;
  principal: Principal | undefined;
}

/** One for the process, as it is for the time of a call: what it holds says which service's span it is. */
export const requestScopes = new AsyncLocalStorage<RequestScope>();

/** The header by which the platform's services pass the id of what a user wanted from one to the next. */
export const correlationHeader = 'x-correlation-id';

/** A correlation id from outside: short and plain, as it goes into logs and headers. */
export function acceptedCorrelationId(given: string | undefined): string | undefined {
  return given !== undefined && /^[\w.:@/+=-]{1,128}$/.test(given) ? given : undefined;
}
