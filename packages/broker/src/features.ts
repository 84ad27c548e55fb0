/**
 * Protocols that clients turn on by a feature's level, as ApiVersions tells them (KIP-584): each is here from the moment its APIs are
 * served. `finalizedVersion` is the level in force.
 */
export interface Feature {
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
  readonly finalizedVersion: number;
}

export const features: readonly Feature[] = [
  // Those of the metadata that brokers and controllers exchange, as a new cluster of Apache Kafka 4.3 has them.
  { name: 'metadata.version', minVersion: 7, maxVersion: 30, finalizedVersion: 30 },
  { name: 'kraft.version', minVersion: 0, maxVersion: 1, finalizedVersion: 0 },
  { name: 'eligible.leader.replicas.version', minVersion: 0, maxVersion: 1, finalizedVersion: 1 },
  // 2 is KIP-890: each transaction has an epoch of its own, and writing to a partition makes it part of the transaction.
  { name: 'transaction.version', minVersion: 0, maxVersion: 2, finalizedVersion: 2 },
  // The consumer protocol (KIP-848).
  { name: 'group.version', minVersion: 0, maxVersion: 1, finalizedVersion: 1 },
];
