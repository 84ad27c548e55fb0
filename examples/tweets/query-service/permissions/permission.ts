/** Somebody may read a document, or all of them. */
export interface Permission {
  /** `user:ada` or `role:viewer`. */
  readonly principal: string;
  /** The digits of a tweet's id, or `*` for all. */
  readonly documentId: string;
  readonly permission: 'READ';
  /** Who granted it. */
  readonly grantedBy: string;
  /** ISO 8601. */
  readonly grantedAt: string;
}

export const everyDocument = '*';

/** Users and roles, by name. Neither holds a space, which parts the two halves of a record's key. */
export const principalPattern = '^(user|role):[^\\s\\p{C}]{1,200}$';
export const documentIdPattern = '^(\\*|\\d{1,19})$';

const isPrincipal = new RegExp(principalPattern, 'u');
const isDocumentId = new RegExp(documentIdPattern, 'u');

/** The key of a permission's record: `user:ada 592089033144795136`. */
export function permissionKey({ documentId, principal }: Pick<Permission, 'principal' | 'documentId'>): string {
  return `${principal} ${documentId}`;
}

/** Whom and what a key is about; undefined for a key of no permission. */
export function parsePermissionKey(key: string): Pick<Permission, 'principal' | 'documentId'> | undefined {
  const [principal = '', documentId = '', ...more] = key.split(' ');
  if (more.length > 0 || !isPrincipal.test(principal) || !isDocumentId.test(documentId)) return undefined;
  return { principal, documentId };
}

/** The permission of a record; undefined when its value is none. The key says whom and what it is about: a value cannot say another. */
export function parsePermission(key: string, value: string): Permission | undefined {
  const about = parsePermissionKey(key);
  if (about === undefined) return undefined;
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(value) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  if (typeof fields !== 'object' || fields === null || fields['permission'] !== 'READ') return undefined;
  const { grantedAt, grantedBy } = fields;
  return {
    ...about,
    permission: 'READ',
    grantedBy: typeof grantedBy === 'string' ? grantedBy : 'unknown',
    grantedAt: typeof grantedAt === 'string' ? grantedAt : new Date(0).toISOString(),
  };
}
