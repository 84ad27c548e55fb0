import { HostPattern } from '../host-pattern.ts';
import type { PredicateKind } from './predicate.ts';

/** `Host=**.example.org,{tenant}.example.com`. */
export const host: PredicateKind = {
  name: 'Host',
  shape: { fields: ['patterns'], gather: 'list' },
  create(args) {
    const patterns = args.list('patterns').map((text) => {
      try {
        return new HostPattern(text);
      } catch (cause) {
        return args.fail((cause as Error).message, cause);
      }
    });
    return {
      names: patterns.flatMap((pattern) => pattern.names),
      hosts: (name) => patterns.some((pattern) => pattern.match(name) !== null),
      test(request, variables) {
        const header = request.headers.host;
        if (header === undefined) return false;
        for (const pattern of patterns) {
          const captured = pattern.match(header);
          if (captured === null) continue;
          Object.assign(variables, captured);
          return true;
        }
        return false;
      },
    };
  },
};
