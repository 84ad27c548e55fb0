import { everyDocument, type Permission, parsePermissionKey } from './permission.ts';

/** Grants of one principal for single documents: all of them go into the query store's filter. For more, grant a role or `*`. */
export const grantsPerPrincipalMax = 10_000;
export const grantsMax = 200_000;

/** Who may read what, by principal. */
export class PermissionTable {
  readonly #byPrincipal = new Map<string, Map<string, Permission>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** False when there is no room for it. */
  grant(permission: Permission): boolean {
    let documents = this.#byPrincipal.get(permission.principal);
    const isThere = documents?.has(permission.documentId) ?? false;
    if (!isThere && !this.hasRoomFor(permission.principal)) return false;
    if (documents === undefined) this.#byPrincipal.set(permission.principal, (documents = new Map()));
    documents.set(permission.documentId, permission);
    if (!isThere) this.#size += 1;
    return true;
  }

  hasRoomFor(principal: string): boolean {
    return this.#size < grantsMax && (this.#byPrincipal.get(principal)?.size ?? 0) < grantsPerPrincipalMax;
  }

  revoke(key: string): void {
    const about = parsePermissionKey(key);
    if (about === undefined) return;
    const documents = this.#byPrincipal.get(about.principal);
    if (documents?.delete(about.documentId) !== true) return;
    this.#size -= 1;
    if (documents.size === 0) this.#byPrincipal.delete(about.principal);
  }

  get(principal: string, documentId: string): Permission | undefined {
    return this.#byPrincipal.get(principal)?.get(documentId);
  }

  /** Whether one of these principals may read the document. */
  mayRead(principals: readonly string[], documentId: string): boolean {
    return principals.some((principal) => {
      const documents = this.#byPrincipal.get(principal);
      return documents !== undefined && (documents.has(documentId) || documents.has(everyDocument));
    });
  }

  /** The documents that these principals may read together; undefined for all there are. */
  readable(principals: readonly string[]): string[] | undefined {
    const ids = new Set<string>();
    for (const principal of principals) {
      const documents = this.#byPrincipal.get(principal);
      if (documents === undefined) continue;
      if (documents.has(everyDocument)) return undefined;
      for (const id of documents.keys()) ids.add(id);
    }
    return [...ids];
  }

  *all(): Generator<Permission> {
    for (const documents of this.#byPrincipal.values()) yield* documents.values();
  }
}
