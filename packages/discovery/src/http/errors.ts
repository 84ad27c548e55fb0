import { STATUS_CODES } from 'node:http';
import type { HttpContext, HttpError } from '@headwater/http';
import { DiscoveryError } from '../discovery-error.ts';

const unreadableXml = '<error><message>cannot parse request body</message></error>';

/**
 * Errors in the words of Spring's Eureka server: plain text for what is wrong with an instance, its error object otherwise. `code` and
 * `message` are ours, and say what to do.
 */
export function sendError(error: HttpError, ctx: HttpContext): void {
  const { status, code, message } = error;
  if (error instanceof DiscoveryError && error.text !== undefined) {
    ctx.send(status, error.text, { 'content-type': 'text/plain; charset=utf-8' });
  } else if (code === 'HW_DISCOVERY_BODY' || code === 'HW_HTTP_INVALID_JSON') {
    const isXml = String(ctx.req.headers['content-type'] ?? '').includes('xml');
    if (isXml) ctx.send(status, unreadableXml, { 'content-type': 'application/xml' });
    else ctx.sendJson(status, { error: 'cannot parse request body', code, message });
  } else {
    const timestamp = new Date().toISOString();
    const reason = STATUS_CODES[status] ?? 'Error';
    ctx.sendJson(status, { timestamp, status, error: reason, path: ctx.path, code, message, ...error.details });
  }
}
