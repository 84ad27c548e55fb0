import type { Caller } from '../stages/call.ts';

/** Who asks: undefined when nobody has said who. The developer of loopback may do whatever is not denied to all. */
export interface Asker {
  readonly caller: Caller | undefined;
  readonly isDeveloper: boolean;
}

/** What somebody must be to pass. */
export interface Access {
  readonly text: string;
  allows(asker: Asker): boolean;
  /** Scopes that it names: told to callers that lack one (RFC 6750, section 3.1). */
  readonly scopes: readonly string[];
}

type Check = (asker: Asker) => boolean;

/**
 * Reads an access expression in the words of Spring Security:
 *
 *     expression = and { "or" and }        and = not { "and" not }        not = [ "not" | "!" ] ( "(" expression ")" | term )
 *     term = permitAll | denyAll | authenticated | isAuthenticated() | anonymous | hasRole(r) | hasAnyRole(r, …) | hasAllRoles(r, …)
 *          | hasScope(s) | hasAnyScope(s, …) | hasAuthority(a) | hasAnyAuthority(a, …)
 *
 * An authority `SCOPE_x` is the scope x, `ROLE_x` and any other the role x. Names may stand in quotes.
 *
 * @example
 * parseAccess("hasAnyRole('operator', 'admin') and hasScope('orders:write')", fail);
 */
export function parseAccess(text: string, fail: (reason: string) => never): Access {
  const tokens = text.match(/'[^']*'|"[^"]*"|[(),!]|[^\s(),!'"]+/g) ?? [];
  const scopes = new Set<string>();
  let at = 0;
  const wrong = (): never =>
    fail(
      `"${text}" is no access expression: write permitAll, denyAll, authenticated, hasRole('admin'), hasAnyRole('a', 'b'), hasScope('orders:read'), joined by and, or, not`,
    );
  const take = (token: string): boolean => {
    if (tokens[at]?.toLowerCase() !== token) return false;
    at++;
    return true;
  };
  function or(): Check {
    const checks = [and()];
    while (take('or')) checks.push(and());
    return checks.length === 1 ? checks[0]! : (asker) => checks.some((check) => check(asker));
  }
  function and(): Check {
    const checks = [not()];
    while (take('and')) checks.push(not());
    return checks.length === 1 ? checks[0]! : (asker) => checks.every((check) => check(asker));
  }
  function not(): Check {
    if (!take('not') && !take('!')) return primary();
    const check = primary();
    // Nothing is denied to the developer by not being somebody else.
    return (asker) => asker.isDeveloper || !check(asker);
  }
  function primary(): Check {
    if (take('(')) {
      const check = or();
      if (!take(')')) wrong();
      return check;
    }
    const name = tokens[at++];
    if (name === undefined || /^[(),!'"]/.test(name)) return wrong();
    return term(name, names());
  }
  function names(): string[] {
    if (!take('(')) return [];
    const found: string[] = [];
    while (!take(')')) {
      const token = tokens[at++];
      if (token === undefined || /^[(,!]$/.test(token)) return wrong();
      found.push(token.replace(/^['"]|['"]$/g, ''));
      if (!take(',') && tokens[at] !== ')') return wrong();
    }
    return found;
  }
  function term(name: string, given: readonly string[]): Check {
    const some = (): readonly string[] => (given.length === 0 || given.includes('') ? wrong() : given);
    switch (name.toLowerCase()) {
      case 'permitall':
        return () => true;
      case 'denyall':
        return () => false;
      case 'authenticated':
      case 'isauthenticated':
      case 'fullyauthenticated':
      case 'isfullyauthenticated':
        return ({ caller, isDeveloper }) => isDeveloper || caller !== undefined;
      case 'anonymous':
      case 'isanonymous':
        return ({ caller, isDeveloper }) => isDeveloper || caller === undefined;
      case 'hasrole':
      case 'hasanyrole':
        return anyOf(some().map(role));
      case 'hasallroles':
        return allOf(some().map(role));
      case 'hasscope':
      case 'hasanyscope':
        return anyOf(some().map(scope));
      case 'hasauthority':
      case 'hasanyauthority':
        return anyOf(some().map(authority));
      case 'hasallauthorities':
        return allOf(some().map(authority));
      default:
        return wrong();
    }
  }
  function scope(name: string): Check {
    scopes.add(name);
    return ({ caller, isDeveloper }) => isDeveloper || caller?.scopes.includes(name) === true;
  }
  function authority(name: string): Check {
    if (name.startsWith('SCOPE_')) return scope(name.slice('SCOPE_'.length));
    return role(name.startsWith('ROLE_') ? name.slice('ROLE_'.length) : name);
  }
  const check = or();
  if (at < tokens.length) wrong();
  return { text, allows: check, scopes: [...scopes] };
}

function role(name: string): Check {
  return ({ caller, isDeveloper }) => isDeveloper || caller?.roles.includes(name) === true;
}

function anyOf(checks: readonly Check[]): Check {
  return (asker) => checks.some((check) => check(asker));
}

function allOf(checks: readonly Check[]): Check {
  return (asker) => checks.every((check) => check(asker));
}
