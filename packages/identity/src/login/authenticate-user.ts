import type { AuditLog } from '../audit/audit-log.ts';
import { IdentityError } from '../identity-error.ts';
import { isPasswordOf } from '../password/password-hash.ts';
import { knownSecrets } from '../realm/default-realm.ts';
import type { Realm, User } from '../realm/realm.ts';
import type { LoginThrottle } from './login-throttle.ts';

export type LoginOutcome =
  | { user: User }
  /** The same for a name that nobody has, a wrong password, one that everybody knows (when secure) and an account that is switched off. */
  | { reason: 'invalid' }
  | { reason: 'wait'; waitSeconds: number };

export interface LoginAttempt {
  username: string;
  password: string;
  address: string;
  clientId: string | null;
}

/** Checks a name and a password, slowly for who guesses. What it says, and how long it takes, does not tell which names exist. */
export async function authenticateUser(
  attempt: LoginAttempt,
  parts: { realm: Realm; throttle: LoginThrottle; audit: AuditLog },
): Promise<LoginOutcome> {
  const { realm, throttle, audit } = parts;
  const { username, password, address, clientId } = attempt;
  const about = { user: username.slice(0, 255), client: clientId, address };
  const waitMs = throttle.begin(username, address);
  if (waitMs > 0) {
    audit.record({ event: 'LOGIN', outcome: 'failure', reason: 'too_many_failures', ...about });
    return { reason: 'wait', waitSeconds: Math.ceil(waitMs / 1_000) };
  }
  const user = realm.userByLogin(username);
  // A service account has no password, and none can be guessed.
  const credential = user?.serviceAccountClientId
    ? undefined
    : user?.credentials.find(({ type }) => type === 'password');
  let isRight: boolean;
  try {
    isRight = await isPasswordOf(password, credential);
  } catch (error) {
    throttle.cancel(username, address);
    if (error instanceof IdentityError && error.code === 'HW_IDENTITY_BUSY') return { reason: 'wait', waitSeconds: 5 };
    throw error;
  }
  const isKnown = realm.isSecure && knownSecrets.has(password);
  if (!isRight || !user || user.enabled === false || isKnown) {
    const refused = isKnown ? 'known_password' : 'user_disabled';
    const reason = !user ? 'user_not_found' : isRight ? refused : 'invalid_credentials';
    audit.record({ event: 'LOGIN', outcome: 'failure', reason, ...about });
    return { reason: 'invalid' };
  }
  throttle.succeed(username, address);
  audit.record({ event: 'LOGIN', outcome: 'success', ...about, user: user.username });
  return { user };
}
