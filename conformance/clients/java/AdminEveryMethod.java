package headwater;

import java.time.Duration;
import java.util.*;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.*;
import org.apache.kafka.common.acl.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.*;
import org.apache.kafka.common.resource.*;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Calls every method of Kafka's Admin client, with what exists and with what does not,
     and prints for each what came of it: a line with
 * the step and the outcome, in which names of its own are written as $. Arguments: bootstrap, prefix of names.
 */
public class AdminEveryMethod {
  private static String prefix;
  private static Admin admin;

  interface Step extends Callable<Object> {}

  private static <T> T get(KafkaFuture<T> future) throws Exception {
    return future.get(20, TimeUnit.SECONDS);
  }

  private static String plain(Object value) {
    return String.valueOf(value).replace(prefix, "$").replace('\n', ' ');
  }

  private static void say(String step, Step work) {
    String outcome;
    try {
      outcome = plain(work.call());
    } catch (ExecutionException error) {
      outcome = error.getCause().getClass().getSimpleName();
    } catch (Exception error) {
      outcome = error.getClass().getSimpleName();
    }
    System.out.println(step + "\t" + outcome);
  }

  /** What each key came to: its own value or error. */
  private static <K, V> String each(Map<K, KafkaFuture<V>> futures) throws Exception {
    Map<String, String> outcomes = new TreeMap<>();
    for (Map.Entry<K, KafkaFuture<V>> entry : futures.entrySet()) {
      String outcome;
      try {
        outcome = get(entry.getValue()) == null ? "done" : "ok";
      } catch (ExecutionException error) {
        outcome = error.getCause().getClass().getSimpleName();
      }
      outcomes.put(plain(entry.getKey()), outcome);
    }
    return outcomes.toString();
  }

  /** Brokers of a cluster hear of a change a little later than its controller. */
  private static void until(Callable<Boolean> condition) throws Exception {
    for (long end = System.currentTimeMillis() + 20_000; System.currentTimeMillis() < end; Thread.sleep(50)) {
      try {
        if (condition.call()) return;
      } catch (ExecutionException retried) {
        // Not yet.
      }
    }
    throw new IllegalStateException("it did not happen");
  }

  private static TopicPartition part(String topic, int partition) {
    return new TopicPartition(prefix + topic, partition);
  }

  public static void main(String[] args) throws Exception {
    prefix = args[1];
    Properties settings = new Properties();
    settings.put("bootstrap.servers", args[0]);
    settings.put("default.api.timeout.ms", "20000");
    settings.put("request.timeout.ms", "10000");
    admin = Admin.create(settings);
    topics();
    records(args[0]);
    configs();
    groups();
    cluster();
    security();
    transactions();
    otherGroups();
    say("deleteTopics", () -> each(admin.deleteTopics(List.of(prefix + "a", prefix + "none")).topicNameValues()));
    admin.close(Duration.ofSeconds(5));
    System.out.println("close\tdone");
    System.exit(0);
  }

  private static void topics() throws Exception {
    NewTopic a = new NewTopic(prefix + "a", 2, (short) 1).configs(Map.of("retention.ms", "100000"));
    NewTopic tooMany = new NewTopic(prefix + "b", 1, (short) 3);
    NewTopic byHand = new NewTopic(prefix + "c", Map.of(0, List.of(1)));
    CreateTopicsResult made = admin.createTopics(List.of(a, tooMany, byHand));
    say("createTopics", () -> each(made.values()));
    say("createTopics again", () -> each(admin.createTopics(List.of(a)).values()));
    say("createTopics config", () -> get(made.config(prefix + "a")).get("retention.ms").value());
    say("createTopics partitions", () ->
        get(made.numPartitions(prefix + "a")) + " " + get(made.replicationFactor(prefix + "a")));
    NewTopic checked = new NewTopic(prefix + "d", 4, (short) 1);
    say("createTopics validate", () ->
        each(admin.createTopics(List.of(checked), new CreateTopicsOptions().validateOnly(true)).values()));
    until(() -> get(admin.describeTopics(List.of(prefix + "a", prefix + "c")).allTopicNames()).size() == 2);
    say("listTopics", () ->
        get(admin.listTopics().names()).stream().filter(name -> name.startsWith(prefix)).sorted()
            .collect(Collectors.toList()));
    say("describeTopics", () -> {
      TopicDescription topic = get(admin.describeTopics(List.of(prefix + "a"),
          new DescribeTopicsOptions().includeAuthorizedOperations(true)).allTopicNames()).get(prefix + "a");
      String parts = topic.partitions().stream()
          .map(p -> p.partition() + ":" + p.leader().id() + p.replicas().size() + p.isr().size() + p.elr() + p.lastKnownElr()).collect(Collectors.joining(" "));
      return topic.name() + " " + topic.isInternal() + " " + parts + " " + new TreeSet<>(topic.authorizedOperations());
    });
    say("describeTopics unknown", () -> each(admin.describeTopics(List.of(prefix + "none")).topicNameValues()));
    Uuid id = get(admin.describeTopics(List.of(prefix + "a")).allTopicNames()).get(prefix + "a").topicId();
    say("describeTopics by id", () ->
        get(admin.describeTopics(TopicCollection.ofTopicIds(List.of(id))).allTopicIds()).get(id).name());
    say("describeTopics by unknown id", () ->
        get(admin.describeTopics(TopicCollection.ofTopicIds(List.of(Uuid.randomUuid()))).allTopicIds()));
    say("createPartitions", () ->
        each(admin.createPartitions(Map.of(prefix + "a", NewPartitions.increaseTo(3), prefix + "c",
            NewPartitions.increaseTo(1), prefix + "none", NewPartitions.increaseTo(2))).values()));
    until(() -> get(admin.describeTopics(List.of(prefix + "a")).allTopicNames()).get(prefix + "a").partitions().size() == 3);
    say("deleteTopics by id", () -> {
      Uuid c = get(admin.describeTopics(List.of(prefix + "c")).allTopicNames()).get(prefix + "c").topicId();
      return get(admin.deleteTopics(TopicCollection.ofTopicIds(List.of(c))).all());
    });
  }

  private static void records(String bootstrap) throws Exception {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", bootstrap);
    try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings, new StringSerializer(),
        new StringSerializer())) {
      for (int i = 0; i < 5; i++) producer.send(new ProducerRecord<>(prefix + "a", 0, 1000L + i, "k", "v" + i)).get();
    }
    for (OffsetSpec spec : List.of(OffsetSpec.earliest(), OffsetSpec.latest(), OffsetSpec.maxTimestamp(),
        OffsetSpec.forTimestamp(1003), OffsetSpec.earliestLocal(), OffsetSpec.latestTiered())) {
      say("listOffsets " + spec.getClass().getSimpleName(), () -> {
        ListOffsetsResult.ListOffsetsResultInfo info = get(admin.listOffsets(Map.of(part("a", 0), spec)).all())
            .get(part("a", 0));
        return info.offset() + " " + info.timestamp();
      });
    }
    say("deleteRecords", () -> get(admin.deleteRecords(Map.of(part("a", 0), RecordsToDelete.beforeOffset(2))).all()));
    say("deleteRecords beyond", () ->
        get(admin.deleteRecords(Map.of(part("a", 0), RecordsToDelete.beforeOffset(99))).all()));
    say("describeProducers", () ->
        get(admin.describeProducers(List.of(part("a", 0))).all()).get(part("a", 0)).activeProducers().size());
  }

  private static void configs() throws Exception {
    ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, prefix + "a");
    ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
    ConfigResource loggers = new ConfigResource(ConfigResource.Type.BROKER_LOGGER, "1");
    ConfigResource metrics = new ConfigResource(ConfigResource.Type.CLIENT_METRICS, prefix + "m");
    say("describeConfigs topic", () -> {
      ConfigEntry entry = get(admin.describeConfigs(List.of(topic), new DescribeConfigsOptions()
          .includeSynonyms(true).includeDocumentation(true)).all()).get(topic).get("retention.ms");
      return entry.value() + " " + entry.source() + " " + entry.isReadOnly() + " " + entry.isSensitive()
          + " " + entry.type() + " " + (entry.documentation() != null);
    });
    say("describeConfigs broker", () ->
        get(admin.describeConfigs(List.of(broker)).all()).get(broker).get("num.partitions").isReadOnly());
    say("describeConfigs loggers", () ->
        get(admin.describeConfigs(List.of(loggers)).all()).get(loggers).get("root").source());
    say("describeConfigs unknown", () ->
        each(admin.describeConfigs(List.of(new ConfigResource(ConfigResource.Type.TOPIC, prefix + "none"),
            new ConfigResource(ConfigResource.Type.BROKER, "1"))).values()));
    AlterConfigOp set = new AlterConfigOp(new ConfigEntry("retention.ms", "5000"), AlterConfigOp.OpType.SET);
    AlterConfigOp wrong = new AlterConfigOp(new ConfigEntry("retention.ms", "soon"), AlterConfigOp.OpType.SET);
    AlterConfigOp fixed = new AlterConfigOp(new ConfigEntry("num.partitions", "3"), AlterConfigOp.OpType.SET);
    AlterConfigOp interval = new AlterConfigOp(new ConfigEntry("interval.ms", "1000"), AlterConfigOp.OpType.SET);
    say("incrementalAlterConfigs topic", () -> get(admin.incrementalAlterConfigs(Map.of(topic, List.of(set))).all()));
    say("incrementalAlterConfigs wrong", () -> get(admin.incrementalAlterConfigs(Map.of(topic, List.of(wrong))).all()));
    say("incrementalAlterConfigs fixed", () -> get(admin.incrementalAlterConfigs(Map.of(broker, List.of(fixed))).all()));
    say("incrementalAlterConfigs metrics", () ->
        get(admin.incrementalAlterConfigs(Map.of(metrics, List.of(interval))).all()));
    until(() -> get(admin.describeConfigs(List.of(topic)).all()).get(topic).get("retention.ms").value().equals("5000"));
    until(() -> get(admin.listClientMetricsResources().all()).size() > 0);
    say("listClientMetricsResources", () ->
        get(admin.listClientMetricsResources().all()).stream().anyMatch(one -> one.name().equals(prefix + "m")));
    say("listConfigResources", () ->
        get(admin.listConfigResources().all()).stream()
            .filter(one -> one.name().startsWith(prefix) || one.name().equals("1"))
                .map(ConfigResource::toString).sorted().collect(Collectors.toList()));
    say("listConfigResources broker", () ->
        get(admin.listConfigResources(Set.of(ConfigResource.Type.BROKER), new ListConfigResourcesOptions()).all()));
    AlterConfigOp unset = new AlterConfigOp(new ConfigEntry("interval.ms", null), AlterConfigOp.OpType.DELETE);
    say("incrementalAlterConfigs delete", () -> get(admin.incrementalAlterConfigs(Map.of(metrics, List.of(unset))).all()));
  }

  private static void groups() throws Exception {
    String group = prefix + "g";
    Map<TopicPartition, OffsetAndMetadata> offsets = Map.of(part("a", 0),
        new OffsetAndMetadata(3, "meta"), part("a", 1), new OffsetAndMetadata(0));
    say("alterConsumerGroupOffsets", () -> get(admin.alterConsumerGroupOffsets(group, offsets).all()));
    say("alterConsumerGroupOffsets unknown", () ->
        get(admin.alterConsumerGroupOffsets(group, Map.of(part("none", 0), new OffsetAndMetadata(1))).all()));
    say("listConsumerGroupOffsets", () ->
        new TreeMap<>(get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata()).entrySet().stream()
            .collect(Collectors.toMap(e -> e.getKey().toString(), e -> e.getValue().offset() + e.getValue().metadata()))));
    say("listConsumerGroups", () ->
        get(admin.listConsumerGroups().all()).stream().filter(one -> one.groupId().equals(group))
            .map(one -> one.isSimpleConsumerGroup() + " " + one.groupState() + " " + one.type())
                .collect(Collectors.toList()));
    say("listGroups", () ->
        get(admin.listGroups().all()).stream().filter(one -> one.groupId().equals(group))
            .map(one -> one.protocol() + " " + one.groupState() + " " + one.type()).collect(Collectors.toList()));
    say("describeConsumerGroups", () -> {
      ConsumerGroupDescription one = get(admin.describeConsumerGroups(List.of(group)).all()).get(group);
      return one.groupState() + " " + one.type() + " " + one.members().size() + " " + one.coordinator().id();
    });
    say("describeConsumerGroups unknown", () ->
        each(admin.describeConsumerGroups(List.of(prefix + "none")).describedGroups()));
    say("describeClassicGroups", () -> get(admin.describeClassicGroups(List.of(group)).all()).get(group).state());
    say("describeClassicGroups unknown", () ->
        each(admin.describeClassicGroups(List.of(prefix + "none")).describedGroups()));
    say("removeMembersFromConsumerGroup", () ->
        get(admin.removeMembersFromConsumerGroup(group, new RemoveMembersFromConsumerGroupOptions()).all()));
    say("removeMembersFromConsumerGroup one", () ->
        get(admin.removeMembersFromConsumerGroup(group,
            new RemoveMembersFromConsumerGroupOptions(Set.of(new MemberToRemove("pod")))).all()));
    say("deleteConsumerGroupOffsets", () -> get(admin.deleteConsumerGroupOffsets(group, Set.of(part("a", 1))).all()));
    say("deleteConsumerGroups", () -> each(admin.deleteConsumerGroups(List.of(group, prefix + "none")).deletedGroups()));
  }

  private static void cluster() throws Exception {
    say("describeCluster", () -> {
      DescribeClusterResult cluster = admin.describeCluster(new DescribeClusterOptions().includeAuthorizedOperations(true));
      return get(cluster.nodes()).size() + " " + get(cluster.controller()).id()
          + " " + get(cluster.clusterId()).length() + " " + new TreeSet<>(get(cluster.authorizedOperations()));
    });
    say("describeLogDirs", () -> {
      LogDirDescription dir = get(admin.describeLogDirs(List.of(1)).allDescriptions()).get(1).values().iterator().next();
      return dir.error() + " " + dir.totalBytes().isPresent() + " " + dir.replicaInfos()
          .get(part("a", 0)).isFuture() + " " + (dir.replicaInfos().get(part("a", 0)).size() > 0);
    });
    TopicPartitionReplica replica = new TopicPartitionReplica(prefix + "a", 0, 1);
    say("describeReplicaLogDirs", () ->
        get(admin.describeReplicaLogDirs(List.of(replica)).all()).get(replica).getFutureReplicaLogDir());
    String dir = get(admin.describeLogDirs(List.of(1)).allDescriptions()).get(1).keySet().iterator().next();
    say("alterReplicaLogDirs", () -> get(admin.alterReplicaLogDirs(Map.of(replica, dir)).all()));
    say("alterReplicaLogDirs elsewhere", () -> get(admin.alterReplicaLogDirs(Map.of(replica, "/nowhere")).all()));
    say("electLeaders preferred", () ->
        get(admin.electLeaders(ElectionType.PREFERRED, Set.of(part("a", 0))).partitions()).get(part("a", 0))
            .map(e -> e.getClass().getSimpleName()).orElse("elected"));
    say("electLeaders unclean", () -> get(admin.electLeaders(ElectionType.UNCLEAN, null).partitions()).size());
    say("alterPartitionReassignments", () ->
        each(admin.alterPartitionReassignments(Map.of(part("a", 0),
            Optional.of(new NewPartitionReassignment(List.of(1))), part("a", 1),
                Optional.of(new NewPartitionReassignment(List.of(7))), part("a", 2), Optional.empty())).values()));
    say("listPartitionReassignments", () -> get(admin.listPartitionReassignments().reassignments()).size());
    say("describeFeatures", () -> {
      FeatureMetadata features = get(admin.describeFeatures().featureMetadata());
      return features.finalizedFeatures().get("metadata.version") + " " + features.supportedFeatures()
          .get("metadata.version") + " " + features.finalizedFeatures().get("transaction.version");
    });
    say("updateFeatures", () ->
        get(admin.updateFeatures(Map.of("metadata.version",
            new FeatureUpdate((short) 99, FeatureUpdate.UpgradeType.UPGRADE)),
                new UpdateFeaturesOptions().validateOnly(true)).all()));
    say("updateFeatures same", () ->
        get(admin.updateFeatures(Map.of("metadata.version",
            new FeatureUpdate((short) 30, FeatureUpdate.UpgradeType.UPGRADE)),
                new UpdateFeaturesOptions().validateOnly(true)).all()));
    say("describeMetadataQuorum", () -> {
      QuorumInfo quorum = get(admin.describeMetadataQuorum().quorumInfo());
      return quorum.leaderId() + " " + quorum.voters().size() + " " + quorum.observers().size()
          + " " + (quorum.highWatermark() > 0);
    });
    say("unregisterBroker", () -> get(admin.unregisterBroker(9).all()));
    Set<RaftVoterEndpoint> endpoints = Set.of(new RaftVoterEndpoint("CONTROLLER", "localhost", 9));
    say("addRaftVoter", () -> get(admin.addRaftVoter(9, Uuid.randomUuid(), endpoints).all()));
    say("removeRaftVoter", () -> get(admin.removeRaftVoter(9, Uuid.randomUuid()).all()));
    say("clientInstanceId", () -> admin.clientInstanceId(Duration.ofSeconds(2)));
    say("metrics", () -> admin.metrics().size() > 0);
  }

  private static void security() throws Exception {
    AclBinding acl = new AclBinding(new ResourcePattern(ResourceType.TOPIC, prefix + "a", PatternType.LITERAL),
        new AccessControlEntry("User:ada", "*", AclOperation.READ, AclPermissionType.ALLOW));
    say("createAcls", () -> get(admin.createAcls(List.of(acl)).all()));
    until(() -> get(admin.describeAcls(acl.toFilter()).values()).size() == 1);
    say("describeAcls", () -> get(admin.describeAcls(acl.toFilter()).values()));
    say("deleteAcls", () -> get(admin.deleteAcls(List.of(acl.toFilter())).all()));
    ClientQuotaEntity user = new ClientQuotaEntity(Map.of(ClientQuotaEntity.USER, prefix + "u"));
    say("alterClientQuotas", () ->
        get(admin.alterClientQuotas(List.of(new ClientQuotaAlteration(user,
            List.of(new ClientQuotaAlteration.Op("producer_byte_rate", 1000.0))))).all()));
    ClientQuotaFilter filter = ClientQuotaFilter.containsOnly(List.of(ClientQuotaFilterComponent.ofEntity(ClientQuotaEntity.USER, prefix + "u")));
    until(() -> get(admin.describeClientQuotas(filter).entities()).size() == 1);
    say("describeClientQuotas", () -> get(admin.describeClientQuotas(filter).entities()));
    say("alterClientQuotas remove", () ->
        get(admin.alterClientQuotas(List.of(new ClientQuotaAlteration(user,
            List.of(new ClientQuotaAlteration.Op("producer_byte_rate", null))))).all()));
    ScramCredentialInfo info = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096);
    say("alterUserScramCredentials", () ->
        get(admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(prefix + "u", info, "secret"))).all()));
    until(() -> get(admin.describeUserScramCredentials(List.of(prefix + "u")).all()).size() == 1);
    say("describeUserScramCredentials", () -> get(admin.describeUserScramCredentials(List.of(prefix + "u")).all()));
    say("describeUserScramCredentials unknown", () ->
        get(admin.describeUserScramCredentials(List.of(prefix + "none")).all()));
    say("alterUserScramCredentials delete", () ->
        get(admin.alterUserScramCredentials(List.of(new UserScramCredentialDeletion(prefix + "u",
            ScramMechanism.SCRAM_SHA_256))).all()));
    say("createDelegationToken", () -> get(admin.createDelegationToken().delegationToken()));
    say("renewDelegationToken", () -> get(admin.renewDelegationToken(new byte[] {1}).expiryTimestamp()));
    say("expireDelegationToken", () -> get(admin.expireDelegationToken(new byte[] {1}).expiryTimestamp()));
    say("describeDelegationToken", () -> get(admin.describeDelegationToken().delegationTokens()));
  }

  private static void transactions() throws Exception {
    String id = prefix + "tx";
    say("fenceProducers", () -> get(admin.fenceProducers(List.of(id)).all()));
    say("listTransactions", () ->
        get(admin.listTransactions().all()).stream().filter(one -> one.transactionalId().equals(id))
            .map(one -> one.state().toString()).collect(Collectors.toList()));
    say("describeTransactions", () -> {
      TransactionDescription one = get(admin.describeTransactions(List.of(id)).description(id));
      return one.state() + " " + one.topicPartitions() + " " + one.coordinatorId();
    });
    say("describeTransactions unknown", () -> get(admin.describeTransactions(List.of(prefix + "none")).all()));
    say("forceTerminateTransaction", () -> get(admin.forceTerminateTransaction(id).result()));
    say("forceTerminateTransaction unknown", () -> get(admin.forceTerminateTransaction(prefix + "none").result()));
    say("abortTransaction", () ->
        get(admin.abortTransaction(new AbortTransactionSpec(part("a", 0), 424242, (short) 0, 0)).all()));
  }

  private static void otherGroups() throws Exception {
    String none = prefix + "none";
    say("describeShareGroups", () -> each(admin.describeShareGroups(List.of(none)).describedGroups()));
    say("listShareGroupOffsets", () ->
        get(admin.listShareGroupOffsets(Map.of(none, new ListShareGroupOffsetsSpec())).all()));
    say("alterShareGroupOffsets", () -> get(admin.alterShareGroupOffsets(prefix + "s", Map.of(part("a", 0), 0L)).all()));
    say("deleteShareGroupOffsets", () -> get(admin.deleteShareGroupOffsets(none, Set.of(prefix + "a")).all()));
    say("deleteShareGroups", () -> each(admin.deleteShareGroups(List.of(none)).deletedGroups()));
    say("describeStreamsGroups", () -> each(admin.describeStreamsGroups(List.of(none)).describedGroups()));
    say("listStreamsGroupOffsets", () ->
        get(admin.listStreamsGroupOffsets(Map.of(none, new ListStreamsGroupOffsetsSpec())).all()));
    say("alterStreamsGroupOffsets", () ->
        get(admin.alterStreamsGroupOffsets(prefix + "st", Map.of(part("a", 0), new OffsetAndMetadata(1))).all()));
    say("deleteStreamsGroupOffsets", () -> get(admin.deleteStreamsGroupOffsets(none, Set.of(part("a", 0))).all()));
    say("deleteStreamsGroups", () -> each(admin.deleteStreamsGroups(List.of(none)).deletedGroups()));
  }
}
