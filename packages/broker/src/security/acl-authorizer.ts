import type { Logger } from '@headwater/logger';
import { LogLimiter } from '../network/log-limiter.ts';
import { type Acl, allOperations, PatternType, PermissionType, wildcard } from './acl.ts';
import type { IndexedAcl } from './acl-index.ts';
import type { AclStore } from './acl-store.ts';
import { AclOperation, type Authorizer, type AuthorizerStats, ResourceType, type Subject } from './authorizer.ts';
import { principalText } from './principal.ts';

export interface AclAuthorizerOptions {
  acls: AclStore;
  /** `super.users`: `User:alice;User:bob` */
  superUsers: string;
  /** `allow.everyone.if.no.acl.found` */
  isAllowedWithoutAcl: boolean;
  logger: Logger;
  monotonicMs: () => number;
}

/**
 * Kafka's StandardAuthorizer: super users may do everything; else a rule that denies wins over all that allow, and what no rule is
 * about is denied, unless it is of a resource without any rule and `allow.everyone.if.no.acl.found` is on.
 */
export class AclAuthorizer implements Authorizer {
  readonly isOpen = false;
  readonly acls: AclStore;
  readonly #superUsers: ReadonlySet<string>;
  readonly #isAllowedWithoutAcl: boolean;
  readonly #log: LogLimiter;
  #allowed = 0;
  #denied = 0;

  constructor({ acls, superUsers, isAllowedWithoutAcl, logger, monotonicMs }: AclAuthorizerOptions) {
    this.acls = acls;
    this.#superUsers = new Set(superUsers.split(';').flatMap((user) => user.trim() || []));
    this.#isAllowedWithoutAcl = isAllowedWithoutAcl;
    this.#log = new LogLimiter(logger, monotonicMs, 'more denied accesses were not logged');
  }

  isAllowed(subject: Subject, operation: AclOperation, type: ResourceType, name: string, isAsked = true): boolean {
    const principal = principalText(subject.principal);
    const isAllowed =
      this.#superUsers.has(principal) || this.#isAllowedByAcls(subject, principal, operation, type, name);
    if (isAllowed) this.#allowed++;
    else if (isAsked) {
      this.#denied++;
      this.#log.warn(
        {
          principal,
          remoteAddress: subject.remoteAddress,
          operation: operationNames[operation],
          resource: resource(type, name),
        },
        'access denied',
      );
    }
    return isAllowed;
  }

  #isAllowedByAcls(
    { remoteAddress }: Subject,
    principal: string,
    operation: AclOperation,
    type: ResourceType,
    name: string,
  ): boolean {
    let isAllowed = false;
    let isDenied = false;
    const hasAcls = this.acls.index.visit(type, name, principal, ({ acl, host }) => {
      if (host !== wildcard && host !== remoteAddress) return false;
      if (acl.permissionType === PermissionType.ALLOW) isAllowed ||= allows(acl.operation, operation);
      else isDenied = acl.operation === operation || acl.operation === allOperations;
      return isDenied;
    });
    return !isDenied && (isAllowed || (!hasAcls && this.#isAllowedWithoutAcl));
  }

  isAllowedForSome(subject: Subject, operation: AclOperation, type: ResourceType): boolean {
    // A name that nobody has: super users, wildcards and the default answer for it.
    if (this.isAllowed(subject, operation, type, 'hardcode', false)) return true;
    const acls = this.#aclsFor(subject, operation, type);
    const denied = acls.filter(({ acl }) => acl.permissionType === PermissionType.DENY);
    if (denied.some(({ acl }) => acl.patternType === PatternType.LITERAL && acl.resourceName === wildcard))
      return false;
    return acls.some(
      ({ acl }) => acl.permissionType === PermissionType.ALLOW && !denied.some((by) => covers(by.acl, acl)),
    );
  }

  #aclsFor({ principal, remoteAddress }: Subject, operation: AclOperation, type: ResourceType): IndexedAcl[] {
    const principals = new Set([principalText(principal), 'User:*']);
    return this.acls.index
      .ofType(type)
      .filter(
        ({ acl, host }) =>
          principals.has(acl.principal) &&
          (host === wildcard || host === remoteAddress) &&
          (acl.operation === operation || acl.operation === allOperations),
      );
  }

  stats(): AuthorizerStats {
    return { allowed: this.#allowed, denied: this.#denied };
  }
}

/** Who may do more may also look (only in rules that allow). */
const impliesDescribe: ReadonlySet<number> = new Set([
  AclOperation.DESCRIBE,
  AclOperation.READ,
  AclOperation.WRITE,
  AclOperation.DELETE,
  AclOperation.ALTER,
]);

function allows(given: number, asked: AclOperation): boolean {
  if (given === allOperations || given === asked) return true;
  if (asked === AclOperation.DESCRIBE) return impliesDescribe.has(given);
  return asked === AclOperation.DESCRIBE_CONFIGS && given === AclOperation.ALTER_CONFIGS;
}

/** Whether all names that `allowed` is about are also those of `denied`. */
function covers(denied: Acl, allowed: Acl): boolean {
  if (denied.patternType === PatternType.PREFIXED) return allowed.resourceName.startsWith(denied.resourceName);
  return allowed.patternType === PatternType.LITERAL && allowed.resourceName === denied.resourceName;
}

const operationNames = Object.fromEntries(Object.entries(AclOperation).map(([name, code]) => [code, name]));
const typeNames = Object.fromEntries(Object.entries(ResourceType).map(([name, code]) => [code, name]));

function resource(type: ResourceType, name: string): string {
  return `${typeNames[type]}:${name}`;
}
