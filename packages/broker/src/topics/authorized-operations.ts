/**
 * What a client may do, as the bit set that Metadata, DescribeCluster and DescribeGroups give on request (a bit for each of Kafka's
 * ACL operations). Without an authorizer everybody may do everything that there is for the resource.
 */
const operation = {
  read: 1 << 3,
  write: 1 << 4,
  create: 1 << 5,
  delete: 1 << 6,
  alter: 1 << 7,
  describe: 1 << 8,
  clusterAction: 1 << 9,
  describeConfigs: 1 << 10,
  alterConfigs: 1 << 11,
  idempotentWrite: 1 << 12,
} as const;

/** What a field holds that was not asked for. */
export const operationsNotRequested = -2_147_483_648;

export const topicOperations: number =
  operation.read |
  operation.write |
  operation.create |
  operation.delete |
  operation.alter |
  operation.describe |
  operation.describeConfigs |
  operation.alterConfigs;

export const clusterOperations: number =
  operation.create |
  operation.alter |
  operation.describe |
  operation.clusterAction |
  operation.describeConfigs |
  operation.alterConfigs |
  operation.idempotentWrite;

export const groupOperations: number =
  operation.read | operation.delete | operation.describe | operation.describeConfigs | operation.alterConfigs;
