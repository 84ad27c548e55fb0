import { type HttpContext, HttpError } from '@headwater/http';

/** A number from the query, within bounds. @throws HttpError 400 */
export function numberParameter(
  ctx: HttpContext,
  name: string,
  bounds: { default: number; min: number; max: number },
): number {
  const text = ctx.query.get(name);
  if (text === null || text === '') return bounds.default;
  const value = Number(text);
  if (!Number.isFinite(value) || value < bounds.min || value > bounds.max)
    throw badParameter(`${name} is "${text.slice(0, 50)}": give a number from ${bounds.min} to ${bounds.max}`);
  return value;
}

/** One of a few words from the query. @throws HttpError 400 */
export function choiceParameter<T extends string>(
  ctx: HttpContext,
  name: string,
  choices: readonly T[],
): T | undefined {
  const text = ctx.query.get(name);
  if (text === null || text === '') return undefined;
  if (!(choices as readonly string[]).includes(text))
    throw badParameter(`${name} is "${text.slice(0, 50)}": give one of ${choices.join(', ')}`);
  return text as T;
}

export function badParameter(message: string): HttpError {
  return new HttpError(400, 'HW_MONITOR_PARAMETER', message);
}
