import type { PredicateKind } from './predicate.ts';

/** `Header=X-Request-Id, \d+`: one of the header's values matches the whole expression; without one, the header is there. */
export const header: PredicateKind = {
  name: 'Header',
  shape: { fields: ['header', 'regexp'] },
  create(args) {
    const name = args.headerName('header').toLowerCase();
    const regex = args.optionalRegex('regexp');
    return {
      test(request) {
        const value = request.headers[name];
        if (value === undefined) return false;
        if (regex === undefined) return true;
        return Array.isArray(value) ? value.some((each) => regex.test(each)) : regex.test(value);
      },
    };
  },
};
