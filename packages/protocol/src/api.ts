import type { MessageSchema } from './schema.ts';

/** One API of the protocol: what is served by default, and the tables of its two messages. */
export interface Api {
  readonly key: number;
  readonly name: string;
  readonly minVersion: number;
  /** The newest stable version: what a broker offers and a client asks for. */
  readonly maxVersion: number;
  /** The newest version with a table; above `maxVersion` when Kafka does not call it final. */
  readonly newestVersion: number;
  /** The minimum to list in an ApiVersions answer; lower than `minVersion` where old clients need to see it. */
  readonly advertisedMinVersion: number;
  /** The first version in the compact form with tagged fields; infinite when there is none. */
  readonly flexibleFrom: number;
  readonly request: MessageSchema;
  readonly response: MessageSchema;
}
