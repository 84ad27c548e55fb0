export {
  ACL_OPERATIONS,
  ACL_PATTERN_TYPES,
  ACL_PERMISSIONS,
  ACL_RESOURCE_TYPES,
  type AclBinding,
  type AclFilter,
  type AclOperation,
  type AclPatternType,
  type AclPermission,
  type AclResourceType,
} from './src/admin-acls.ts';
export type { ConfigAlteration, ConfigAlterationResult, ConfigChange } from './src/admin-alter-configs.ts';
export type { ConfigEntry, ConfigResource, ConfigResult } from './src/admin-configs.ts';
export type { CommittedOffset, GroupDescription, GroupListing, MemberDescription } from './src/admin-groups.ts';
export type { PartitionsResult, Reassignment } from './src/admin-partitions.ts';
export type { AdminOptions, NewTopic, TopicResult } from './src/admin-topics.ts';
export { type Bootstrap, bootstrapWithoutPassword, parseBootstrap } from './src/bootstrap.ts';
export type { ApiVersionRange } from './src/broker-link.ts';
export type { TopicPartition } from './src/by-leader.ts';
export {
  type ClientOptions,
  createClient,
  KafkaClient,
  type ProduceRequest,
  type ProduceResult,
} from './src/client.ts';
export { ClientError, type ClientErrorCode } from './src/client-error.ts';
export type { BrokerInfo, Metadata, MetadataOptions, PartitionMetadata, TopicMetadata } from './src/cluster.ts';
export { Consumer, type GroupMetadata, type PollOptions } from './src/consumer/consumer.ts';
export type { AssignorName, ConsumerOptions } from './src/consumer/consumer-options.ts';
export type { Offsets } from './src/consumer/offsets.ts';
export { PartitionReader, type PartitionReaderOptions } from './src/consumer/partition-reader.ts';
export type { StartSpec } from './src/consumer/partition-state.ts';
export type { FetchedPartition, FetchOptions, FetchPosition } from './src/fetch.ts';
export { FetchedBatch } from './src/fetched-batch.ts';
export type { Assignor, MemberAssignment, Subscriber } from './src/group/assignors/assignor.ts';
export { rangeAssignor } from './src/group/assignors/range-assignor.ts';
export { roundRobinAssignor } from './src/group/assignors/round-robin-assignor.ts';
export { cooperativeStickyAssignor, stickyAssignor } from './src/group/assignors/sticky-assignor.ts';
export { GroupMember, type GroupMemberOptions, type Joined, type JoinedMember } from './src/group/group-member.ts';
export type { CommittedPosition } from './src/group/group-offsets.ts';
export type { FoundOffset, ListOffsetsOptions } from './src/list-offsets.ts';
export { OffsetSpec } from './src/list-offsets.ts';
export type { SslOptions } from './src/open-socket.ts';
export { keyPartition } from './src/partitioner.ts';
export {
  type EachRecord,
  Producer,
  type ProducerOptions,
  type SendEachRequest,
  type SendRequest,
} from './src/producer.ts';
export type { BatchResult, RecordResult } from './src/producer-batch.ts';
export type { PasswordSaslOptions, SaslOptions, TokenSaslOptions } from './src/sasl/sasl-options.ts';
export { Tail, type TailOptions } from './src/tail.ts';
export {
  type OffsetsToSend,
  TransactionalProducer,
  type TransactionalProducerOptions,
} from './src/transactions/transactional-producer.ts';
