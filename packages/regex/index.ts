export { BoundedRegex, type BoundedRegexOptions } from './src/bounded-regex.ts';
export { LinearRegex, RegexBudgetError, type RegexMatch, type Replacement } from './src/linear-regex.ts';
export { RegexSyntaxError } from './src/syntax.ts';
