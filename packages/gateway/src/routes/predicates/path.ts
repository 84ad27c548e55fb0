import { PathPattern } from '../path-pattern.ts';
import type { PredicateKind } from './predicate.ts';

/** `Path=/red/{segment},/blue/**`, a last `false` refuses a trailing slash. */
export const path: PredicateKind = {
  name: 'Path',
  shape: { fields: ['patterns', 'matchTrailingSlash'], gather: 'listAndFlag' },
  create(args) {
    const patterns = args.list('patterns').map((text) => {
      try {
        return new PathPattern(text);
      } catch (cause) {
        return args.fail((cause as Error).message, cause);
      }
    });
    const matchTrailingSlash = args.flag('matchTrailingSlash', true);
    const firstSegments = patterns.map((pattern) => pattern.firstLiteral);
    return {
      names: patterns.flatMap((pattern) => pattern.names),
      ...(firstSegments.every((segment) => segment !== undefined) ? { firstSegments } : {}),
      test(request, variables) {
        for (const pattern of patterns) {
          const captured = pattern.match(request.segments, request.hasTrailingSlash, matchTrailingSlash);
          if (captured === null) continue;
          Object.assign(variables, captured);
          return true;
        }
        return false;
      },
    };
  },
};
