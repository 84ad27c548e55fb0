import { ConfigError } from '../config-error.ts';

/**
 * Whether a profile expression holds (`prod & (eu | us)`, `!test`), as `spring.config.activate.on-profile` takes it.
 * Throws HW_CONFIG_INVALID_PROPERTY for one that is malformed or mixes `&` and `|` without parentheses.
 */
export function matchesProfileExpression(expression: string, isAccepted: (profile: string) => boolean): boolean {
  if (expression.trim() === '') throw malformed(expression, 'it is empty');
  const tokens = expression.split(/([()&|!])/).flatMap((token) => (token.trim() === '' ? [] : [token.trim()]));
  let at = 0;

  function group(depth: number): boolean {
    if (depth > 100) throw malformed(expression, 'it is nested too deep');
    let value: boolean | undefined;
    let operator: string | undefined;
    let isWaiting = true;
    while (at < tokens.length) {
      const token = tokens[at]!;
      if (token === ')') {
        if (depth === 0) throw malformed(expression, 'a ")" has no "("');
        break;
      }
      if (token === '&' || token === '|') {
        if (isWaiting || (operator !== undefined && operator !== token)) {
          throw malformed(expression, 'put "&" and "|" in parentheses of their own');
        }
        operator = token;
        isWaiting = true;
        at += 1;
        continue;
      }
      if (!isWaiting) throw malformed(expression, `"${token}" follows without "&" or "|"`);
      const operand = term(depth);
      if (value === undefined) value = operand;
      else value = operator === '&' ? value && operand : value || operand;
      isWaiting = false;
    }
    if (value === undefined || isWaiting) throw malformed(expression, 'something is missing');
    return value;
  }

  function term(depth: number): boolean {
    const token = tokens[at]!;
    at += 1;
    if (token === '!') {
      if (at >= tokens.length || /^[&|)]$/.test(tokens[at]!)) throw malformed(expression, '"!" stands before nothing');
      return !term(depth);
    }
    if (token === '(') {
      const value = group(depth + 1);
      if (tokens[at] !== ')') throw malformed(expression, 'a "(" is not closed');
      at += 1;
      return value;
    }
    return isAccepted(token);
  }

  return group(0);
}

function malformed(expression: string, what: string): ConfigError {
  return new ConfigError('HW_CONFIG_INVALID_PROPERTY', `the profile expression "${expression}" is malformed: ${what}`);
}
