import type { HeaderList } from '../../proxy/header-list.ts';
import type { FilterKind } from './filter.ts';

/** `AddResponseHeader=X-Response-Red, Blue`. */
export const addResponseHeader: FilterKind = {
  name: 'AddResponseHeader',
  shape: { fields: ['name', 'value'] },
  create(args) {
    const name = args.headerName('name');
    const value = args.text('value');
    return { response: (draft) => draft.headers.add(name, value) };
  },
};

/** `SetResponseHeader=X-Response-Red, Blue`. */
export const setResponseHeader: FilterKind = {
  name: 'SetResponseHeader',
  shape: { fields: ['name', 'value'] },
  create(args) {
    const name = args.headerName('name');
    const value = args.text('value');
    return { response: (draft) => draft.headers.set(name, value) };
  },
};

/** `RemoveResponseHeader=X-Response-Foo`. */
export const removeResponseHeader: FilterKind = {
  name: 'RemoveResponseHeader',
  shape: { fields: ['name'] },
  create(args) {
    const name = args.headerName('name');
    return { response: (draft) => draft.headers.remove(name) };
  },
};

/** `RewriteResponseHeader=X-Response-Red, password=[^&]+, password=***`. */
export const rewriteResponseHeader: FilterKind = {
  name: 'RewriteResponseHeader',
  shape: { fields: ['name', 'regexp', 'replacement'] },
  create(args) {
    const name = args.headerName('name');
    const regex = args.regex('regexp');
    try {
      const replacement = regex.parseReplacement((args.optionalText('replacement') ?? '').replaceAll('$\\', '$'));
      return { response: (draft) => draft.headers.map(name, (value) => regex.replaceAll(value, replacement)) };
    } catch (cause) {
      return args.fail((cause as Error).message, cause);
    }
  },
};

const strategies: Record<string, (values: string[]) => string[]> = {
  RETAIN_FIRST: (values) => values.slice(0, 1),
  RETAIN_LAST: (values) => values.slice(-1),
  RETAIN_UNIQUE: (values) => [...new Set(values)],
};

/** `DedupeResponseHeader=Access-Control-Allow-Origin Vary, RETAIN_FIRST`. */
export const dedupeResponseHeader: FilterKind = {
  name: 'DedupeResponseHeader',
  shape: { fields: ['name', 'strategy'] },
  create(args) {
    const names = args.text('name').split(/\s+/);
    const strategy = args.optionalText('strategy') ?? 'RETAIN_FIRST';
    const retain = strategies[strategy];
    if (retain === undefined)
      return args.fail(`strategy must be ${Object.keys(strategies).join(', ')}, not "${strategy}"`);
    return {
      response(draft) {
        for (const name of names) dedupe(draft.headers, name, retain);
      },
    };
  },
};

function dedupe(headers: HeaderList, name: string, retain: (values: string[]) => string[]): void {
  const values = headers.all(name);
  if (values.length < 2) return;
  headers.remove(name);
  for (const value of retain(values)) headers.add(name, value);
}

/** What `SecureHeaders` sets, as in Spring Cloud Gateway's documentation. */
const secure: readonly (readonly [string, string])[] = [
  ['X-Xss-Protection', '1 ; mode=block'],
  ['Strict-Transport-Security', 'max-age=631138519'],
  ['X-Frame-Options', 'DENY'],
  ['X-Content-Type-Options', 'nosniff'],
  ['Referrer-Policy', 'no-referrer'],
  [
    'Content-Security-Policy',
    "default-src 'self' https:; font-src 'self' https: data:; img-src 'self' https: data:; object-src 'none'; script-src https:; style-src 'self' https: 'unsafe-inline'",
  ],
  ['X-Download-Options', 'noopen'],
  ['X-Permitted-Cross-Domain-Policies', 'none'],
];

/** `SecureHeaders`: adds each of its headers where the answer has none. */
export const secureHeaders: FilterKind = {
  name: 'SecureHeaders',
  shape: { fields: [] },
  create: () => ({
    response(draft) {
      for (const [name, value] of secure) if (!draft.headers.has(name)) draft.headers.add(name, value);
    },
  }),
};
