import { STATUS_CODES } from 'node:http';
import type { Arguments } from '../arguments.ts';
import type { FilterKind } from './filter.ts';

/** `SetStatus=401` or `SetStatus=UNAUTHORIZED`: the status of the answer, whatever the upstream said. */
export const setStatus: FilterKind = {
  name: 'SetStatus',
  shape: { fields: ['status'] },
  create(args) {
    const status = statusOf(args);
    return {
      response(draft) {
        draft.status = status;
      },
    };
  },
};

/** `RedirectTo=302, https://acme.example`: answers at once. */
export const redirectTo: FilterKind = {
  name: 'RedirectTo',
  shape: { fields: ['status', 'url', 'includeRequestParams'] },
  create(args) {
    const status = statusOf(args);
    if (status < 300 || status > 399) args.fail(`status must be a redirect (300 to 399), not ${status}`);
    const url = args.template('url');
    const includeRequestParams = args.flag('includeRequestParams', false);
    return {
      request(draft) {
        const target = url.expand(draft.variables);
        const query = includeRequestParams && draft.search.length > 1 ? draft.search.slice(1) : '';
        draft.answer = {
          status,
          location: query === '' ? target : `${target}${target.includes('?') ? '&' : '?'}${query}`,
        };
      },
    };
  },
};

/** A status as Spring takes it: a number, or the name of an `HttpStatus`. */
export function statusOf(args: Arguments, field = 'status', fallback?: string): number {
  const text = fallback === undefined ? args.text(field) : (args.optionalText(field) ?? fallback);
  return (
    parseStatus(text) ??
    args.fail(`${field} must be a number from 200 to 599 or a name like NOT_FOUND, not "${text.toUpperCase()}"`)
  );
}

/** `404` or `NOT_FOUND`; undefined when it is neither. */
export function parseStatus(text: string): number | undefined {
  const name = text.trim().toUpperCase();
  const named = Object.entries(STATUS_CODES).find(
    ([, reason]) => reason!.toUpperCase().replace(/[^A-Z]+/g, '_') === name,
  );
  const status = Number(named?.[0] ?? name);
  return Number.isInteger(status) && status >= 200 && status <= 599 ? status : undefined;
}
