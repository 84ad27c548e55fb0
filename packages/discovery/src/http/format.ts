import type { HttpContext } from '@headwater/http';
import { DiscoveryError } from '../discovery-error.ts';

/** How an answer is written. */
export interface Format {
  isJson: boolean;
  /** `X-Eureka-Accept: compact`: without what load balancing does not need. */
  isCompact: boolean;
}

/**
 * JSON when `Accept` speaks of it anywhere, otherwise XML, as Eureka has it.
 *
 * @throws DiscoveryError 406 when neither would do
 */
export function formatOf(ctx: HttpContext): Format {
  const accept = ctx.req.headers.accept ?? '';
  const isJson = accept.includes('json');
  if (!isJson && accept !== '' && !/xml|\*\/\*|application\/\*/.test(accept)) {
    throw new DiscoveryError(406, 'HW_DISCOVERY_NOT_ACCEPTABLE', 'answers are application/json or application/xml');
  }
  return { isJson, isCompact: ctx.req.headers['x-eureka-accept'] === 'compact' };
}

export function mediaType({ isJson }: Format): string {
  return isJson ? 'application/json' : 'application/xml';
}

export function takesGzip(ctx: HttpContext): boolean {
  return String(ctx.req.headers['accept-encoding'] ?? '').includes('gzip');
}
