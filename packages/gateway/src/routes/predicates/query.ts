import type { PredicateKind } from './predicate.ts';

/** `Query=red, gree.`: a value of the parameter matches the whole expression; without one, the parameter is there. */
export const query: PredicateKind = {
  name: 'Query',
  shape: { fields: ['param', 'regexp'] },
  create(args) {
    const name = args.text('param');
    const regex = args.optionalRegex('regexp');
    return {
      test(request) {
        if (request.search === '') return false;
        return regex === undefined
          ? request.query.has(name)
          : request.query.getAll(name).some((value) => regex.test(value));
      },
    };
  },
};
