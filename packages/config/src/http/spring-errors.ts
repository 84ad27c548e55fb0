import { type HttpContext, HttpError } from '@headwater/http';
import { ConfigError } from '../config-error.ts';

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  421: 'Misdirected Request',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/**
 * Spring's error answer. `code` and `message` are ours: the real server says neither, so that a broken file there has to be looked up in
 * its log.
 */
export function sendSpringError(ctx: HttpContext, status: number, code?: string, message?: string): void {
  const body = {
    timestamp: new Date().toISOString(),
    status,
    error: reasons[status] ?? `Status ${status}`,
    path: ctx.path,
    ...(code === undefined ? {} : { code }),
    ...(message === undefined ? {} : { message }),
  };
  ctx.send(status, JSON.stringify(body), { 'content-type': 'application/json' });
}

/** The answer for whatever was thrown. */
export function sendThrown(ctx: HttpContext, error: unknown): void {
  if (error instanceof ConfigError || error instanceof HttpError) {
    sendSpringError(ctx, error.status, error.code, error.message);
  } else throw error;
}
