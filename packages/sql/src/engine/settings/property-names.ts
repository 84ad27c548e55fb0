/** What a value has to be: `integer` and `long` are whole numbers of 32 and 64 bits. */
export type PropertyKind = 'boolean' | 'integer' | 'short' | 'long' | 'double' | 'text';

/** Settings of Kafka's streams, consumers and producers, as Kafka 4.3 defines them, without those of TLS and SASL. */
export const streamsProperties: readonly (readonly [PropertyKind, string])[] = [
  [
    'boolean',
    `
      allow.auto.create.topics allow.os.group.write.access check.crcs enable.auto.commit enable.idempotence enable.metrics.push
      ensure.explicit.internal.resource.naming exclude.internal.topics internal.throw.on.fetch.stable.offset.unsupported
      partitioner.adaptive.partitioning.enable partitioner.ignore.keys processing.exception.handler.global.enabled
      transaction.two.phase.commit.enable
    `,
  ],
  [
    'integer',
    `
      auto.commit.interval.ms batch.size buffered.records.per.partition compression.gzip.level compression.lz4.level
      compression.zstd.level default.api.timeout.ms delivery.timeout.ms fetch.max.bytes fetch.max.wait.ms fetch.min.bytes
      heartbeat.interval.ms max.in.flight.requests.per.connection max.partition.fetch.bytes max.poll.interval.ms max.poll.records
      max.request.size max.warmup.replicas metrics.num.samples num.standby.replicas num.stream.threads
      rack.aware.assignment.non_overlap_cost rack.aware.assignment.traffic_cost receive.buffer.bytes replication.factor request.timeout.ms
      retries send.buffer.bytes session.timeout.ms transaction.timeout.ms
    `,
  ],
  [
    'long',
    `
      acceptable.recovery.lag buffer.memory cache.max.bytes.buffering commit.interval.ms connections.max.idle.ms linger.ms
      log.summary.interval.ms max.block.ms max.task.idle.ms metadata.max.age.ms metadata.max.idle.ms
      metadata.recovery.rebootstrap.trigger.ms metrics.sample.window.ms partitioner.availability.timeout.ms poll.ms
      probing.rebalance.interval.ms reconnect.backoff.max.ms reconnect.backoff.ms repartition.purge.interval.ms retry.backoff.max.ms
      retry.backoff.ms socket.connection.setup.timeout.max.ms socket.connection.setup.timeout.ms state.cleanup.delay.ms
      state.cleanup.dir.max.age.ms statestore.cache.max.bytes task.timeout.ms window.size.ms windowstore.changelog.additional.retention.ms
    `,
  ],
  [
    'text',
    `
      acks application.id application.server auto.include.jmx.reporter auto.offset.reset bootstrap.servers built.in.metrics.version
      client.dns.lookup client.id client.rack compression.type config.providers default.client.supplier
      default.deserialization.exception.handler default.dsl.store default.key.serde default.list.key.serde.inner
      default.list.key.serde.type default.list.value.serde.inner default.list.value.serde.type default.production.exception.handler
      default.timestamp.extractor default.value.serde default.windowed.key.serde.inner default.windowed.value.serde.inner
      deserialization.exception.handler dsl.store.format dsl.store.suppliers.class errors.dead.letter.queue.topic.name group.id
      group.instance.id group.protocol group.remote.assignor interceptor.classes isolation.level key.deserializer key.serializer
      metadata.recovery.strategy metric.reporters metrics.recording.level partition.assignment.strategy partitioner.class
      processing.exception.handler processing.guarantee processor.wrapper.class production.exception.handler
      rack.aware.assignment.strategy rack.aware.assignment.tags rocksdb.config.setter security.protocol security.providers
      share.acknowledgement.mode share.acquire.mode state.dir task.assignor.class topology.optimization transactional.id upgrade.from
      value.deserializer value.serializer windowed.inner.class.serde
    `,
  ],
];

/** ksqlDB's own, without their `ksql.`. */
export const ksqlProperties: readonly (readonly [PropertyKind, string])[] = [
  [
    'boolean',
    `
      fail.on.deserialization.error fail.on.production.error cast.strings.preserve.nulls client.ip_port.configuration.enabled connect.basic.auth.credentials.reload create.or.replace.enabled
      create.topic.inherit.source.replicas.enabled endpoint.migrate.query headers.columns.enabled insert.into.values.enabled
      json_sr.converter.deserializer.enabled lambdas.enabled nested.error.set.null new.query.planner.enabled
      persistence.wrap.single.values properties.overrides.log properties.overrides.range.validation.log.enabled
      properties.overrides.validation.restore.enabled proxy.protocol.local.mode.enabled pull.queries.enable
      query.pull.enable.standby.reads query.pull.interpreter.enabled query.pull.limit.clause.enabled query.pull.metrics.enabled
      query.pull.range.scan.enabled query.pull.stream.enabled query.pull.table.scan.enabled query.push.v2.alos.enabled
      query.push.v2.continuation.tokens.enabled query.push.v2.enabled query.push.v2.interpreter.enabled query.push.v2.metrics.enabled
      query.push.v2.registry.installed queryanonymizer.logs_enabled runtime.feature.shared.enabled source.table.materialization.enabled
      suppress.enabled timestamp.throw.on.invalid transient.query.cleanup.service.enable udf.collect.metrics udfs.enabled
      variable.substitution.enable
    `,
  ],
  [
    'integer',
    `
      assert.schema.default.timeout.ms assert.topic.default.timeout.ms query.error.max.queue.size query.persistent.active.limit
      query.pull.coordinator.queue.capacity query.pull.max.concurrent.requests query.pull.max.hourly.bandwidth.megabytes
      query.pull.max.qps query.pull.router.queue.capacity query.pull.router.thread.pool.size query.pull.thread.pool.size
      query.push.v2.max.catchup.consumers query.push.v2.max.hourly.bandwidth.megabytes query.status.running.threshold.seconds
      shared.runtimes.count transient.query.cleanup.service.initial.delay.seconds transient.query.cleanup.service.period.seconds
    `,
  ],
  [
    'short',
    `
      internal.topic.min.insync.replicas internal.topic.replicas
    `,
  ],
  [
    'long',
    `
      admin.request.retry.timeout.ms authorization.cache.expiry.time.secs authorization.cache.max.entries connect.request.timeout.ms
      fetch.remote.hosts.max.timeout.seconds query.cleanup.shutdown.timeout.ms query.persistent.max.bytes.buffering.total
      query.pull.forwarding.timeout.ms query.pull.max.allowed.offset.lag query.push.v2.catchup.consumer.msg.window
      query.push.v2.latest.reset.age.ms query.push.v2.new.latest.delay.ms query.retry.backoff.initial.ms query.retry.backoff.max.ms
      query.transient.max.bytes.buffering.total sink.window.change.log.additional.retention streams.shutdown.timeout.ms
      suppress.buffer.size.bytes websocket.connection.max.timeout.ms
    `,
  ],
  [
    'text',
    `
      access.validator.enable connect.basic.auth.credentials.file connect.basic.auth.credentials.source connect.request.headers.plugin
      connect.url connect.worker.config deployment.type error.classifier.regex extension.dir hidden.topics
      kafka.client.additional.config.prefixes metastore.backup.location metrics.extension metrics.tags.custom output.topic.name.prefix
      persistence.default.format.key persistence.default.format.value persistent.prefix properties.overrides.allowlist
      properties.overrides.denylist properties.overrides.validation.mode queryanonymizer.cluster_namespace readonly.topics
      resource.extension.class schema.registry.url security.extension.class service.id transient.prefix
    `,
  ],
];
