import type { Handler } from './handler.ts';

/** Set once by `index.ts` of the handlers: ApiVersions, a handler itself, has to list them all. */
let served: readonly Handler[] = [];

export function setServedApis(handlers: readonly Handler[]): void {
  served = handlers;
}

export function servedApis(): readonly Handler[] {
  return served;
}
