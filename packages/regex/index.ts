export { LinearRegex, RegexBudgetError, type RegexMatch, type Replacement } from './src/linear-regex.ts';
export { RegexSyntaxError } from './src/syntax.ts';
