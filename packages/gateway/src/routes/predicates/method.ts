import { METHODS } from 'node:http';
import type { PredicateKind } from './predicate.ts';

/** `Method=GET,POST`. */
export const method: PredicateKind = {
  name: 'Method',
  shape: { fields: ['methods'], gather: 'list' },
  create(args) {
    const methods = new Set(args.list('methods').map((name) => name.toUpperCase()));
    for (const name of methods) if (!METHODS.includes(name)) args.fail(`"${name}" is not an HTTP method`);
    return { test: (request) => methods.has(request.method) };
  },
};
