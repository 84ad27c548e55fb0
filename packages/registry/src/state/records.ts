import type { SchemaReference, SchemaType } from '@headwater/serdes';

/** Anything that JSON can say: metadata and rule sets are kept as they come. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** What is registered under a subject and version; the value of its record in the log. */
export interface RegisteredSchema {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  readonly guid: string;
  readonly schemaType: SchemaType;
  readonly schema: string;
  readonly references: readonly SchemaReference[];
  readonly metadata: Json | undefined;
  readonly ruleSet: Json | undefined;
  readonly isDeleted: boolean;
  /** Epoch milliseconds of the record. */
  readonly timestamp: number;
}

/** What can be said of a subject, a context, or all. */
export interface RegistryConfig {
  compatibilityLevel?: string;
  alias?: string;
  normalize?: boolean;
  compatibilityGroup?: string;
  compatibilityPolicy?: string;
  validateFields?: boolean;
  validateRules?: boolean;
  defaultMetadata?: Json;
  overrideMetadata?: Json;
  defaultRuleSet?: Json;
  overrideRuleSet?: Json;
}

export const modes = ['READWRITE', 'READONLY', 'READONLY_OVERRIDE', 'IMPORT', 'FORWARD'] as const;
export type Mode = (typeof modes)[number];

export function isMode(text: unknown): text is Mode {
  return (modes as readonly unknown[]).includes(text);
}

/** One change, as the log has it. `subject` null: for all. */
export type Change =
  | { kind: 'schema'; schema: RegisteredSchema }
  | { kind: 'schema-removed'; subject: string; version: number }
  | { kind: 'subject-deleted'; subject: string; version: number }
  | { kind: 'config'; subject: string | null; config: RegistryConfig | null }
  | { kind: 'mode'; subject: string | null; mode: Mode | null };
