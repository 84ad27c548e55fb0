import type { PredicateKind } from './predicate.ts';

/** `After=2030-01-20T17:42:47.789-07:00[America/Denver]`. */
export const after: PredicateKind = {
  name: 'After',
  shape: { fields: ['datetime'] },
  create(args) {
    const fromMs = args.instant('datetime');
    return { test: () => Date.now() > fromMs };
  },
};

/** `Before=2030-01-20T17:42:47.789-07:00[America/Denver]`. */
export const before: PredicateKind = {
  name: 'Before',
  shape: { fields: ['datetime'] },
  create(args) {
    const untilMs = args.instant('datetime');
    return { test: () => Date.now() < untilMs };
  },
};

/** `Between=<time>, <time>`. */
export const between: PredicateKind = {
  name: 'Between',
  shape: { fields: ['datetime1', 'datetime2'] },
  create(args) {
    const fromMs = args.instant('datetime1');
    const untilMs = args.instant('datetime2');
    if (untilMs <= fromMs) args.fail('datetime2 must be after datetime1');
    return {
      test() {
        const nowMs = Date.now();
        return nowMs > fromMs && nowMs < untilMs;
      },
    };
  },
};
