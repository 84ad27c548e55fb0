import type { FilterKind } from '../routes/filters/filter.ts';
import type { Call } from '../stages/call.ts';
import type { Stage, StageAnswer } from '../stages/stage.ts';
import { type Access, parseAccess } from './access-expression.ts';
import type { AccessRules } from './access-rules.ts';
import type { Authenticator } from './authenticator.ts';
import { isNavigation, needsCredentials, notAllowed } from './credentials.ts';

export interface AuthorisationOptions {
  authenticator: Authenticator;
  /** Absent: only filters of routes ask who calls. */
  rules: AccessRules | undefined;
  /** People with a browser are led there. */
  loginPath: string | undefined;
  /** Whether tokens are taken at all. */
  hasIssuer: boolean;
  onDenied: (call: Call, access: string) => void;
}

/** Decides whether a caller may: by the rules of the gateway, and by the filters of a route. */
export class Authorisation {
  readonly #options: AuthorisationOptions;

  constructor(options: AuthorisationOptions) {
    this.#options = options;
  }

  /** For every call. */
  get stage(): Stage | undefined {
    const { rules } = this.#options;
    if (rules === undefined) return undefined;
    return {
      phase: 'authorise',
      begin: (call) => (isExempt(call) ? undefined : this.check(call, rules.find(call.request))),
    };
  }

  /** Undefined: the caller may go on. */
  check(call: Call, access: Access): StageAnswer | undefined {
    const { authenticator, loginPath, hasIssuer, onDenied } = this.#options;
    if (access.allows(authenticator.askerOf(call))) return undefined;
    onDenied(call, access.text);
    if (call.caller === undefined && !call.isDeveloper) {
      if (loginPath !== undefined && isNavigation(call)) {
        const target = `${loginPath}?return_to=${encodeURIComponent(call.path + call.request.search)}`;
        return { status: 302, headers: ['Location', target, 'Cache-Control', 'no-store'] };
      }
      throw needsCredentials(
        hasIssuer
          ? `${call.path} is for callers who say who they are: send Authorization: Bearer TOKEN`
          : `${call.path} is for callers who say who they are, and no issuer of tokens is configured (gateway.auth.issuer)`,
      );
    }
    throw notAllowed(`${call.user} may not ${call.method} ${call.path}: it needs ${access.text}`, access.scopes);
  }

  /**
   * - `JwtAuthentication`: a token, or a login.
   * - `RequireRoles=admin,operator`: one of these roles. `RequireScopes=a,b`: all of these scopes.
   * - `Authorize=hasRole('admin') and hasScope('orders:write')`: an access expression.
   */
  get filters(): readonly FilterKind[] {
    const kind = (name: string, expression: (names: readonly string[]) => string, needsNames = true): FilterKind => ({
      name,
      shape: needsNames ? { fields: ['names'], gather: 'list' } : { fields: [] },
      create: (args) => {
        const access = parseAccess(expression(needsNames ? args.list('names') : []), (reason) => args.fail(reason));
        return { stage: { phase: 'authorise', begin: (call) => this.check(call, access) } };
      },
    });
    const quoted = (names: readonly string[]): string =>
      names.map((name) => `'${name.replaceAll("'", '')}'`).join(', ');
    return [
      kind('JwtAuthentication', () => 'authenticated', false),
      kind('RequireRoles', (names) => `hasAnyRole(${quoted(names)})`),
      kind('RequireScopes', (names) => names.map((name) => `hasScope(${quoted([name])})`).join(' and ')),
      kind('Authorize', (names) => names.join(', ')),
    ];
  }
}

/** A route whose service checks its callers itself: `metadata: { authentication: none }`. */
export function isExempt(call: Call): boolean {
  return call.route?.metadata['authentication'] === 'none';
}
