import type { PredicateKind } from './predicate.ts';

/** `Weight=group1, 8`: of the routes of a group each request gets one, in proportion to their weights. */
export const weight: PredicateKind = {
  name: 'Weight',
  shape: { fields: ['group', 'weight'] },
  create(args, route) {
    const group = args.text('group');
    const own = args.integer('weight');
    return {
      weight: { group, weight: own },
      test: (request) => route.weights.isChosen(request, group, route.id),
    };
  },
};
