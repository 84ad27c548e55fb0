import type { ValueType } from './ast.ts';

export interface Signature {
  args: readonly ValueType[];
  /** How many of the last ones may be left out; -1: the last one may be repeated, or left out. */
  optional: number;
  returns: 'scalar' | 'vector';
}

const table: [string[], readonly ValueType[], number?, ('scalar' | 'vector')?][] = [
  [
    [
      'abs',
      'acos',
      'acosh',
      'asin',
      'asinh',
      'atan',
      'atanh',
      'ceil',
      'cos',
      'cosh',
      'deg',
      'exp',
      'floor',
      'ln',
      'log10',
      'log2',
      'rad',
      'sgn',
      'sin',
      'sinh',
      'sqrt',
      'tan',
      'tanh',
      'absent',
      'sort',
      'sort_desc',
      'timestamp',
      'histogram_count',
      'histogram_sum',
      'histogram_avg',
      'histogram_stddev',
      'histogram_stdvar',
    ],
    ['vector'],
  ],
  [
    [
      'absent_over_time',
      'avg_over_time',
      'changes',
      'count_over_time',
      'delta',
      'deriv',
      'first_over_time',
      'idelta',
      'increase',
      'irate',
      'last_over_time',
      'mad_over_time',
      'max_over_time',
      'min_over_time',
      'present_over_time',
      'rate',
      'resets',
      'stddev_over_time',
      'stdvar_over_time',
      'sum_over_time',
      'ts_of_first_over_time',
      'ts_of_last_over_time',
      'ts_of_max_over_time',
      'ts_of_min_over_time',
    ],
    ['matrix'],
  ],
  [['day_of_month', 'day_of_week', 'day_of_year', 'days_in_month', 'hour', 'minute', 'month', 'year'], ['vector'], 1],
  [['clamp'], ['vector', 'scalar', 'scalar']],
  [
    ['clamp_max', 'clamp_min'],
    ['vector', 'scalar'],
  ],
  [['round'], ['vector', 'scalar'], 1],
  [['histogram_quantile'], ['scalar', 'vector']],
  [['histogram_fraction'], ['scalar', 'scalar', 'vector']],
  [
    ['holt_winters', 'double_exponential_smoothing'],
    ['matrix', 'scalar', 'scalar'],
  ],
  [['predict_linear'], ['matrix', 'scalar']],
  [['quantile_over_time'], ['scalar', 'matrix']],
  [['label_replace'], ['vector', 'string', 'string', 'string', 'string']],
  [['label_join'], ['vector', 'string', 'string', 'string'], -1],
  [['sort_by_label', 'sort_by_label_desc'], ['vector', 'string'], -1],
  [['vector'], ['scalar']],
  [['scalar'], ['vector'], 0, 'scalar'],
  [['pi', 'time'], [], 0, 'scalar'],
];

/** Every function by its name. */
export const signatures: ReadonlyMap<string, Signature> = new Map(
  table.flatMap(([names, args, optional = 0, returns = 'vector']) =>
    names.map((name) => [name, { args, optional, returns }] as const),
  ),
);
