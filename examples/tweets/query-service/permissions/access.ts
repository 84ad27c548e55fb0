import { HttpError } from '@headwater/http';
import { isDeveloper, type RouteContext } from '@headwater/service';
import type { RoleSettings } from '../query-settings.ts';
import type { PermissionTable } from './permission-table.ts';

type Principal = NonNullable<RouteContext['principal']>;

/** What a caller may read, as it is whenever it is asked: who was let in is not let in for ever. */
export interface Reader {
  mayRead(documentId: string): boolean;
  /** The ids of all documents that they may read; undefined for every document there is. */
  readable(): string[] | undefined;
}

export interface AccessOptions {
  roles: () => RoleSettings;
  /** Undefined until the permissions were read for the first time. */
  table: () => PermissionTable | undefined;
}

/** Decides who may do what. Roles come from the token, the READ permission of documents from the table of permissions. */
export class Access {
  readonly #options: AccessOptions;

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /** Searching by text is for users and above, or for a token with the scope. Throws HttpError 403. */
  checkSearch(principal: Principal | undefined): void {
    const { admin, scope, superUser, user } = this.#options.roles();
    if (isDeveloper(principal) || hasOneOf(principal, [user, admin, superUser]) || principal?.scopes.includes(scope)) {
      return;
    }
    throw forbidden(`searching needs one of the roles ${user}, ${admin}, ${superUser}, or the scope ${scope}`);
  }

  /** Granting and revoking is for super users. Throws HttpError 403. */
  checkGrant(principal: Principal | undefined): void {
    const { superUser } = this.#options.roles();
    if (isDeveloper(principal) || hasOneOf(principal, [superUser])) return;
    throw forbidden(`permissions are kept by those with the role ${superUser}`);
  }

  /** What they may read. Throws HttpError 503 while nobody can say. */
  readerOf(principal: Principal | undefined): Reader {
    if (isDeveloper(principal) || hasOneOf(principal, [this.#options.roles().superUser])) return everything;
    this.table();
    return {
      mayRead: (documentId) => this.table().mayRead(this.#principalsOf(principal), documentId),
      readable: () => this.table().readable(this.#principalsOf(principal)),
    };
  }

  /** Throws HttpError 503 until the permissions were read. */
  table(): PermissionTable {
    const table = this.#options.table();
    if (table !== undefined) return table;
    throw new HttpError(
      503,
      'HW_TWEETS_PERMISSIONS_AWAY',
      'the permissions have not been read from the event store yet: try again in a moment',
    );
  }

  /** By which names permissions reach them. A display name is none of them: people choose that themselves. */
  #principalsOf(principal: Principal | undefined): string[] {
    if (principal === undefined) return [];
    const { admin, user } = this.#options.roles();
    const { preferred_username: name } = principal.claims;
    const roles = new Set(principal.roles);
    if (roles.has(admin)) roles.add(user);
    return [
      `user:${principal.subject}`,
      ...(typeof name === 'string' && name !== principal.subject ? [`user:${name}`] : []),
      ...[...roles].map((role) => `role:${role}`),
    ];
  }
}

const everything: Reader = { mayRead: () => true, readable: () => undefined };

/** The answer for a document that may not be read, whether it exists or not: which ids there are is nobody's to find out. */
export function mayNotRead(documentId: string): HttpError {
  return forbidden(
    `you have no READ permission for document ${documentId}: whoever keeps the permissions can grant it`,
  );
}

function hasOneOf(principal: Principal | undefined, roles: readonly string[]): boolean {
  return principal !== undefined && roles.some((role) => role !== '' && principal.roles.includes(role));
}

function forbidden(message: string): HttpError {
  return new HttpError(403, 'HW_TWEETS_FORBIDDEN', message);
}
