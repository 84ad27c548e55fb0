import type { HttpContext } from '@headwater/http';
import { HttpError } from '@headwater/http';
import { MetricsError } from '../metrics-error.ts';
import { numberText } from '../promql/column.ts';
import { durationMs } from '../promql/duration.ts';
import type { QueryResult } from '../promql/query.ts';

/** https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview */
export type ErrorType = 'bad_data' | 'execution' | 'timeout' | 'canceled' | 'internal' | 'unavailable' | 'not_found';

const statuses: Readonly<Record<ErrorType, number>> = {
  bad_data: 400,
  execution: 422,
  timeout: 503,
  canceled: 503,
  internal: 500,
  unavailable: 503,
  not_found: 404,
};

export class ApiError extends Error {
  readonly type: ErrorType;

  constructor(type: ErrorType, message: string) {
    super(message);
    this.type = type;
  }
}

export function sendData(ctx: HttpContext, data: unknown, warnings: readonly string[] = []): void {
  ctx.sendJson(200, { status: 'success', data, ...(warnings.length > 0 && { warnings }) });
}

export function sendError(ctx: HttpContext, thrown: unknown): void {
  const { message, type } = errorOf(thrown);
  const status = thrown instanceof HttpError ? thrown.status : statuses[type];
  ctx.sendJson(status, { status: 'error', errorType: type, error: message });
}

function errorOf(thrown: unknown): { type: ErrorType; message: string } {
  if (thrown instanceof ApiError) return thrown;
  const { message } = thrown as Error;
  if (thrown instanceof MetricsError) {
    if (thrown.code === 'HW_METRICS_PARSE')
      return { type: 'bad_data', message: `invalid parameter "query": ${message}` };
    if (thrown.code !== 'HW_METRICS_QUERY') return { type: 'bad_data', message };
    return { type: /timed out/.test(message) ? 'timeout' : 'execution', message };
  }
  if (thrown instanceof HttpError) {
    const type = thrown.status === 404 ? 'not_found' : thrown.status < 500 ? 'bad_data' : 'internal';
    return { type, message };
  }
  throw thrown;
}

/** The parameters of a call: of its address, and of a form in its body. */
export async function parametersOf(ctx: HttpContext): Promise<URLSearchParams> {
  if (ctx.method !== 'POST') return ctx.query;
  const form = new URLSearchParams((await ctx.body()).toString('utf8'));
  for (const [name, value] of ctx.query) form.append(name, value);
  return form;
}

/** Seconds since 1970, or RFC 3339. @returns milliseconds @throws ApiError */
export function timeOf(parameters: URLSearchParams, name: string, otherwise?: number): number {
  const text = parameters.get(name);
  if (text === null || text === '') {
    if (otherwise !== undefined) return otherwise;
    throw new ApiError('bad_data', `invalid parameter "${name}": cannot parse "" to a valid timestamp`);
  }
  const seconds = Number(text);
  const ms =
    text.trim() !== '' && Number.isFinite(seconds)
      ? Math.round(seconds * 1_000)
      : /^\d{4}-\d\d-\d\dT/.test(text)
        ? Date.parse(text)
        : Number.NaN;
  if (!Number.isSafeInteger(ms))
    throw new ApiError(
      'bad_data',
      `invalid parameter "${name}": cannot parse ${JSON.stringify(text)} to a valid timestamp`,
    );
  return ms;
}

/** Seconds, or a duration such as `5m`. @returns milliseconds, more than 0 @throws ApiError */
export function durationOf(parameters: URLSearchParams, name: string): number {
  const text = parameters.get(name) ?? '';
  const ms = text !== '' && Number.isFinite(Number(text)) ? Math.round(Number(text) * 1_000) : durationMs(text);
  if (ms === undefined || !Number.isSafeInteger(ms))
    throw new ApiError(
      'bad_data',
      `invalid parameter "${name}": cannot parse ${JSON.stringify(text)} to a valid duration`,
    );
  if (ms <= 0)
    throw new ApiError(
      'bad_data',
      `invalid parameter "${name}": zero or negative query resolution step widths are not accepted. Try a positive integer`,
    );
  return ms;
}

/** The JSON of a result, written at once: most of it is numbers. */
export function resultJson(result: QueryResult): string {
  let data: string;
  switch (result.type) {
    case 'scalar':
      data = `[${result.timeMs / 1_000},"${numberText(result.value)}"]`;
      break;
    case 'string':
      data = `[${result.timeMs / 1_000},${JSON.stringify(result.value)}]`;
      break;
    case 'vector':
      data = `[${result.series
        .map(
          ({ labels, timeMs, value }) =>
            `{"metric":${JSON.stringify(labels.toObject())},"value":[${timeMs / 1_000},"${numberText(value)}"]}`,
        )
        .join(',')}]`;
      break;
    default:
      data = `[${result.series
        .map(({ labels, timesMs, values }) => {
          let text = `{"metric":${JSON.stringify(labels.toObject())},"values":[`;
          for (let i = 0; i < timesMs.length; i++)
            text += `${i === 0 ? '' : ','}[${timesMs[i]! / 1_000},"${numberText(values[i]!)}"]`;
          return `${text}]}`;
        })
        .join(',')}]`;
  }
  const warnings = result.warnings.length === 0 ? '' : `,"warnings":${JSON.stringify(result.warnings)}`;
  return `{"status":"success","data":{"resultType":"${result.type}","result":${data}}${warnings}}`;
}
