import type { HttpContext } from '@headwater/http';
import { ApiError, errorCodes } from './api-error.ts';

/** The media type that the caller likes best of those that are served, the first where it says nothing. @throws ApiError 406 */
export function acceptedType<Type extends string>(ctx: HttpContext, served: readonly [Type, ...Type[]]): Type {
  const { accept } = ctx.req.headers;
  if (accept === undefined || accept.trim() === '') return served[0];
  let best: Type | undefined;
  let bestQuality = 0;
  for (const range of accept.toLowerCase().split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim());
    const quality = Number(/^q=(.*)$/.exec(parameters.find((part) => part.startsWith('q=')) ?? '')?.[1] ?? 1);
    const type = served.find((each) => isInRange(each, name));
    if (type !== undefined && quality > bestQuality) [best, bestQuality] = [type, quality];
  }
  if (best === undefined)
    throw new ApiError(
      errorCodes.notAcceptable,
      `Not acceptable: ${accept.slice(0, 200)}. Served: ${served.join(', ')}`,
    );
  return best;
}

function isInRange(type: string, range: string): boolean {
  return range === type || range === '*/*' || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)));
}
