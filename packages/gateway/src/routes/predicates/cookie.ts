import type { PredicateKind } from './predicate.ts';

/** `Cookie=chocolate, ch.p`: a cookie of that name whose whole value matches. */
export const cookie: PredicateKind = {
  name: 'Cookie',
  shape: { fields: ['name', 'regexp'] },
  create(args) {
    const name = args.text('name');
    const regex = args.optionalRegex('regexp');
    return {
      test(request) {
        const values = request.cookies.get(name);
        return values !== undefined && (regex === undefined || values.some((value) => regex.test(value)));
      },
    };
  },
};
