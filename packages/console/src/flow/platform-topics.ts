/**
 * Where the platform keeps what is its own: `__consumer_offsets`, `_schemas`, `headwater-logs`, what its monitor makes of
 * those (`headwater-view-…`), the bus of configuration, and the topics between the steps of an application of streams, ours or Kafka's.
 */
export const isHiddenTopic = (topic: string): boolean =>
  /^(?:_|headwater-)|^springCloudBus$|-(?:changelog|repartition)$/.test(topic);

/** Groups of the platform's own readers: of its logs and views, of streaming SQL, of the registry's instances. */
export const isPlatformGroup = (groupId: string): boolean => /^(?:_|headwater-)|^schema-registry$/.test(groupId);
