import type { ConfigDefinition } from '../storage/index.ts';

/**
 * Settings of Apache Kafka 4.3 that may be changed while it runs, and of which there is nothing here to be tuned: accepted, kept, and
 * told when they are set, so that tools which set them work.
 */
export const effectlessSettings: Readonly<Record<string, ConfigDefinition>> = Object.fromEntries(
  (
    [
      ['background.threads', 'INT', '10', 1],
      ['follower.fetch.last.tiered.offset.enable', 'BOOLEAN', 'false'],
      ['follower.replication.throttled.rate', 'LONG', '9223372036854775807', 0],
      ['group.coordinator.cached.buffer.max.bytes', 'INT', '1048588', 524288],
      ['group.share.assignment.interval.ms', 'INT', '1000', 0],
      ['group.streams.assignment.interval.ms', 'INT', '1000', 0],
      ['leader.replication.throttled.rate', 'LONG', '9223372036854775807', 0],
      ['log.cleaner.io.buffer.load.factor', 'DOUBLE', '0.9'],
      ['log.cleaner.io.buffer.size', 'INT', '524288', 0],
      ['log.cleaner.io.max.bytes.per.second', 'DOUBLE', '1.7976931348623157E308'],
      ['log.cleaner.threads', 'INT', '1', 0],
      ['num.io.threads', 'INT', '8', 1],
      ['num.network.threads', 'INT', '3', 1],
      ['num.recovery.threads.per.data.dir', 'INT', '2', 1],
      ['num.replica.fetchers', 'INT', '1'],
      ['remote.fetch.max.wait.ms', 'INT', '500', 1],
      ['remote.list.offsets.request.timeout.ms', 'LONG', '30000', 1],
      ['remote.log.index.file.cache.total.size.bytes', 'LONG', '1073741824', 1],
      ['remote.log.manager.copier.thread.pool.size', 'INT', '10', 1],
      ['remote.log.manager.copy.max.bytes.per.second', 'LONG', '9223372036854775807', 1],
      ['remote.log.manager.expiration.thread.pool.size', 'INT', '10', 1],
      ['remote.log.manager.fetch.max.bytes.per.second', 'LONG', '9223372036854775807', 1],
      ['remote.log.manager.follower.thread.pool.size', 'INT', '2', 1],
      ['remote.log.reader.threads', 'INT', '10', 1],
      ['replica.alter.log.dirs.io.max.bytes.per.second', 'LONG', '9223372036854775807', 0],
      ['share.coordinator.cached.buffer.max.bytes', 'INT', '1048588', 524288],
      ['transaction.partition.verification.enable', 'BOOLEAN', 'true'],
    ] as const
  ).map(([name, type, value, min]) => [
    name,
    {
      type,
      default: value,
      ...(min === undefined ? {} : { min }),
      hasEffect: false,
      update: 'cluster-wide',
      documentation: 'Accepted and kept; there is nothing of it here to be tuned.',
    },
  ]),
);

/**
 * Other settings of Apache Kafka 4.3 that do not exist here. As a setting of the start they are told in the log and ignored; a change
 * while the broker runs is refused, as Kafka refuses its read-only ones.
 */
export const foreignSettings: ReadonlySet<string> = new Set(
  `
  add.partitions.to.txn.retry.backoff.max.ms add.partitions.to.txn.retry.backoff.ms alter.config.policy.class.name
  alter.log.dirs.replication.quota.window.num alter.log.dirs.replication.quota.window.size.seconds
  auto.leader.rebalance.enable broker.heartbeat.interval.ms broker.id broker.session.timeout.ms client.quota.callback.class
  config.providers connection.failed.authentication.delay.ms connections.max.reauth.ms controlled.shutdown.enable
  controller.listener.names controller.quorum.append.linger.ms controller.quorum.auto.join.enable
  controller.quorum.bootstrap.servers controller.quorum.election.backoff.max.ms controller.quorum.election.timeout.ms
  controller.quorum.fetch.max.bytes controller.quorum.fetch.snapshot.max.bytes controller.quorum.fetch.timeout.ms
  controller.quorum.request.timeout.ms controller.quorum.retry.backoff.ms controller.quorum.voters
  controller.socket.timeout.ms cordoned.log.dirs create.topic.policy.class.name
  delegation.token.expiry.check.interval.ms delegation.token.expiry.time.ms delegation.token.max.lifetime.ms
  delegation.token.secret.key delete.records.purgatory.purge.interval.requests early.start.listeners
  fetch.purgatory.purge.interval.requests         group.coordinator.append.linger.ms group.coordinator.background.threads group.coordinator.rebalance.protocols
  group.coordinator.threads group.share.assignors group.share.delivery.count.limit group.share.heartbeat.interval.ms
  group.share.max.assignment.interval.ms group.share.max.delivery.count.limit group.share.max.heartbeat.interval.ms
  group.share.max.partition.max.record.locks group.share.max.record.lock.duration.ms group.share.max.session.timeout.ms
  group.share.max.share.sessions group.share.max.size group.share.min.assignment.interval.ms
  group.share.min.delivery.count.limit group.share.min.heartbeat.interval.ms group.share.min.partition.max.record.locks
  group.share.min.record.lock.duration.ms group.share.min.session.timeout.ms group.share.partition.max.record.locks
  group.share.record.lock.duration.ms group.share.session.timeout.ms group.streams.heartbeat.interval.ms
  group.streams.initial.rebalance.delay.ms group.streams.max.assignment.interval.ms group.streams.max.heartbeat.interval.ms
  group.streams.max.session.timeout.ms group.streams.max.size group.streams.max.standby.replicas
  group.streams.min.assignment.interval.ms group.streams.min.heartbeat.interval.ms group.streams.min.session.timeout.ms
  group.streams.num.standby.replicas group.streams.session.timeout.ms initial.broker.registration.timeout.ms
  inter.broker.listener.name kafka.metrics.polling.interval.secs kafka.metrics.reporters leader.imbalance.check.interval.seconds
  listener.security.protocol.map listeners log.dir log.dir.failure.timeout.ms log.dirs
  log.flush.start.offset.checkpoint.interval.ms
  max.request.partition.size.limit metadata.log.dir
  metadata.log.max.record.bytes.between.snapshots metadata.log.max.snapshot.interval.ms metadata.log.segment.bytes
  metadata.log.segment.ms metadata.max.idle.interval.ms metadata.max.retention.bytes metadata.max.retention.ms metric.reporters
  metrics.num.samples metrics.recording.level metrics.sample.window.ms node.id num.replica.alter.log.dirs.threads
  offsets.commit.timeout.ms offsets.load.buffer.size offsets.topic.compression.codec offsets.topic.replication.factor
  principal.builder.class process.roles producer.purgatory.purge.interval.requests queued.max.requests
  remote.log.manager.copy.quota.window.num remote.log.manager.copy.quota.window.size.seconds
  remote.log.manager.fetch.quota.window.num remote.log.manager.fetch.quota.window.size.seconds
  remote.log.manager.task.interval.ms remote.log.manager.thread.pool.size remote.log.metadata.custom.metadata.max.bytes
  remote.log.metadata.manager.class.name remote.log.metadata.manager.class.path remote.log.metadata.manager.impl.prefix
  remote.log.metadata.manager.listener.name remote.log.reader.max.pending.tasks remote.log.storage.manager.class.name
  remote.log.storage.manager.class.path remote.log.storage.manager.impl.prefix remote.log.storage.system.enable
  replica.fetch.backoff.ms replica.fetch.max.bytes replica.fetch.min.bytes replica.fetch.response.max.bytes
  replica.fetch.wait.max.ms replica.high.watermark.checkpoint.interval.ms replica.lag.time.max.ms replica.selector.class
  replica.socket.receive.buffer.bytes replica.socket.timeout.ms replication.quota.window.num
  replication.quota.window.size.seconds request.timeout.ms sasl.client.callback.handler.class sasl.enabled.mechanisms
  sasl.jaas.config sasl.kerberos.kinit.cmd sasl.kerberos.min.time.before.relogin sasl.kerberos.principal.to.local.rules
  sasl.kerberos.service.name sasl.kerberos.ticket.renew.jitter sasl.kerberos.ticket.renew.window.factor
  sasl.login.callback.handler.class sasl.login.class sasl.login.connect.timeout.ms sasl.login.read.timeout.ms
  sasl.login.refresh.buffer.seconds sasl.login.refresh.min.period.seconds sasl.login.refresh.window.factor
  sasl.login.refresh.window.jitter sasl.login.retry.backoff.max.ms sasl.login.retry.backoff.ms
  sasl.mechanism.controller.protocol sasl.mechanism.inter.broker.protocol sasl.oauthbearer.assertion.algorithm
  sasl.oauthbearer.assertion.claim.aud sasl.oauthbearer.assertion.claim.exp.seconds sasl.oauthbearer.assertion.claim.iss
  sasl.oauthbearer.assertion.claim.jti.include sasl.oauthbearer.assertion.claim.nbf.seconds sasl.oauthbearer.assertion.claim.sub
  sasl.oauthbearer.assertion.file sasl.oauthbearer.assertion.private.key.file sasl.oauthbearer.assertion.private.key.passphrase
  sasl.oauthbearer.assertion.template.file sasl.oauthbearer.client.credentials.client.id
  sasl.oauthbearer.client.credentials.client.secret sasl.oauthbearer.clock.skew.seconds sasl.oauthbearer.expected.audience
  sasl.oauthbearer.expected.issuer sasl.oauthbearer.jwks.endpoint.refresh.ms sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms
  sasl.oauthbearer.jwks.endpoint.retry.backoff.ms sasl.oauthbearer.jwks.endpoint.url sasl.oauthbearer.jwt.retriever.class
  sasl.oauthbearer.jwt.validator.class sasl.oauthbearer.scope sasl.oauthbearer.scope.claim.name sasl.oauthbearer.sub.claim.name
  sasl.oauthbearer.token.endpoint.url sasl.server.callback.handler.class sasl.server.max.receive.size
  security.inter.broker.protocol security.providers share.coordinator.append.linger.ms share.coordinator.load.buffer.size
  share.coordinator.snapshot.update.records.per.snapshot share.coordinator.state.topic.compression.codec
  share.coordinator.state.topic.min.isr share.coordinator.state.topic.num.partitions
  share.coordinator.state.topic.replication.factor share.coordinator.state.topic.segment.bytes share.coordinator.threads
  share.coordinator.write.timeout.ms share.fetch.purgatory.purge.interval.requests socket.connection.setup.timeout.max.ms
  socket.connection.setup.timeout.ms socket.listen.backlog.size socket.receive.buffer.bytes socket.send.buffer.bytes
  ssl.allow.dn.changes ssl.allow.san.changes ssl.cipher.suites ssl.client.auth ssl.enabled.protocols
  ssl.endpoint.identification.algorithm ssl.engine.factory.class ssl.key.password ssl.keymanager.algorithm
  ssl.keystore.certificate.chain ssl.keystore.key ssl.keystore.location ssl.keystore.password ssl.keystore.type
  ssl.principal.mapping.rules ssl.protocol ssl.provider ssl.secure.random.implementation ssl.trustmanager.algorithm
  ssl.truststore.certificates ssl.truststore.location ssl.truststore.password ssl.truststore.type
  telemetry.max.bytes transaction.state.log.load.buffer.size transaction.state.log.min.isr
  transaction.state.log.replication.factor transaction.two.phase.commit.enable
  `
    .trim()
    .split(/\s+/),
);
