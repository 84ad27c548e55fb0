import { IdentityError } from '../identity-error.ts';

/** What a password must be, from Keycloak's text: `length(12) and notUsername and digits(1)`. */
export interface PasswordPolicy {
  length: number;
  maxLength: number;
  digits: number;
  upperCase: number;
  lowerCase: number;
  specialChars: number;
  notUsername: boolean;
  notEmail: boolean;
}

const lenient: PasswordPolicy = {
  length: 1,
  maxLength: 256,
  digits: 0,
  upperCase: 0,
  lowerCase: 0,
  specialChars: 0,
  notUsername: false,
  notEmail: false,
};

/** @throws IdentityError HW_IDENTITY_REALM for a rule that is not known */
export function parsePasswordPolicy(text: string | undefined): PasswordPolicy {
  const policy = { ...lenient };
  for (const rule of (text ?? '').split(/\s+and\s+/).filter((part) => part.trim() !== '')) {
    const parsed = /^\s*(\w+)(?:\(([^)]*)\))?\s*$/.exec(rule);
    const name = parsed?.[1];
    if (name === undefined || !(name in lenient)) {
      throw new IdentityError(
        'HW_IDENTITY_REALM',
        `passwordPolicy has a rule that is not known, "${rule.trim()}": use ${Object.keys(lenient).join(', ')}`,
      );
    }
    const argument = parsed?.[2];
    if (name === 'notUsername' || name === 'notEmail') policy[name] = true;
    else policy[name as 'length'] = Number(argument || (name === 'length' ? 8 : 1));
  }
  return policy;
}

/** @throws IdentityError HW_IDENTITY_PASSWORD_POLICY saying what is missing */
export function checkPassword(
  password: string,
  user: { username: string; email?: string | undefined },
  policy: PasswordPolicy,
): void {
  const count = (pattern: RegExp): number => password.match(pattern)?.length ?? 0;
  const missing: string[] = [];
  const atLeast = (needed: number, have: number, what: string): void => {
    if (have < needed) missing.push(`at least ${needed} ${what}`);
  };
  atLeast(policy.length, [...password].length, policy.length === 1 ? 'character' : 'characters');
  if ([...password].length > policy.maxLength) missing.push(`at most ${policy.maxLength} characters`);
  atLeast(policy.digits, count(/\p{Nd}/gu), 'digits');
  atLeast(policy.upperCase, count(/\p{Lu}/gu), 'upper-case letters');
  atLeast(policy.lowerCase, count(/\p{Ll}/gu), 'lower-case letters');
  atLeast(policy.specialChars, count(/[^\p{L}\p{N}]/gu), 'special characters');
  if (policy.notUsername && password.toLowerCase() === user.username.toLowerCase()) missing.push('not the user name');
  if (policy.notEmail && user.email && password.toLowerCase() === user.email.toLowerCase()) {
    missing.push('not the e-mail address');
  }
  if (missing.length > 0) {
    throw new IdentityError('HW_IDENTITY_PASSWORD_POLICY', `the password needs: ${missing.join(', ')}`);
  }
}
