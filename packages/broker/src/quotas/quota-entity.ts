/** Kinds of names in an entity, by Kafka's words. */
export const quotaEntityTypes = ['user', 'client-id', 'ip'] as const;
export type QuotaEntityType = (typeof quotaEntityTypes)[number];

/**
 * Whom a quota is for: a user, a client id, both together, or an address. A null name is the default of its kind, for all that have
 * no quota of their own.
 */
export type QuotaEntity = Readonly<Partial<Record<QuotaEntityType, string | null>>>;

export interface EntityPart {
  entityType: string;
  entityName: string | null;
}

export function entityParts(entity: QuotaEntity): EntityPart[] {
  return quotaEntityTypes.flatMap((entityType) => {
    const entityName = entity[entityType];
    return entityName === undefined ? [] : [{ entityType, entityName }];
  });
}

/** The same for equal entities only, and `parseEntity` reads it. */
export function entityText(entity: QuotaEntity): string {
  return JSON.stringify(quotaEntityTypes.map((type) => (entity[type] === undefined ? 0 : entity[type])));
}

export function parseEntity(text: string): QuotaEntity {
  const names = JSON.parse(text) as (string | null | 0)[];
  const known = quotaEntityTypes.flatMap((type, index) => (names[index] === 0 ? [] : [[type, names[index]]]));
  return Object.fromEntries(known);
}
