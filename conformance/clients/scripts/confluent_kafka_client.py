"""Scenarios for confluent-kafka (librdkafka). Called as: script.py BOOTSTRAP PREFIX SCENARIO"""

import sys
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

BOOTSTRAP, PREFIX, SCENARIO = sys.argv[1:4]


# Kept: an admin client that is collected takes its open calls along.
ADMIN = AdminClient({"bootstrap.servers": BOOTSTRAP})


def create(topic, partitions=1, config=None):
    for future in ADMIN.create_topics([NewTopic(topic, partitions, 1, config=config or {})]).values():
        future.result(30)


def consumer(group, **extra):
    classic = {} if extra.get("group.protocol") == "consumer" else {"session.timeout.ms": 10000}
    return Consumer(
        {
            "bootstrap.servers": BOOTSTRAP,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            **classic,
            **extra,
        }
    )


def produce(topic, count, first=0, partitions=None, **extra):
    failed = []
    producer = Producer({"bootstrap.servers": BOOTSTRAP, "linger.ms": 5, **extra})
    for i in range(first, first + count):
        where = {} if partitions is None else {"partition": i % partitions}
        while True:
            try:
                producer.produce(
                    topic,
                    key=f"k{i}",
                    value=f"v{i}",
                    headers=[("n", str(i).encode())],
                    on_delivery=lambda err, msg: failed.append(err) if err else None,
                    **where,
                )
                break
            except BufferError:
                producer.poll(0.1)
    assert producer.flush(60) == 0, "records are left in the queue"
    assert not failed, failed[0]


def read(c, count, seconds=60):
    got = []
    until = time.time() + seconds
    while len(got) < count and time.time() < until:
        for message in c.consume(500, 0.2):
            if message.error():
                raise KafkaException(message.error())
            got.append(message)
    assert len(got) >= count, f"{len(got)} of {count} records came"
    return got


def roundtrip():
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        topic = f"{PREFIX}-{codec}"
        create(topic)
        produce(topic, 1000, **{"compression.type": codec})
        c = consumer(f"{topic}-group")
        c.subscribe([topic])
        got = read(c, 1000)
        assert [m.value() for m in got] == [f"v{i}".encode() for i in range(1000)], codec
        assert got[7].key() == b"k7" and got[7].headers() == [("n", b"7")]
        assert [m.offset() for m in got] == list(range(1000))
        c.commit(asynchronous=False)
        assert c.committed([TopicPartition(topic, 0)], timeout=10)[0].offset == 1000
        c.close()


def group(**extra):
    topic = f"{PREFIX}-t"
    create(topic, 6)
    members = [consumer(f"{PREFIX}-g", **extra) for _ in range(3)]
    seen = set()

    def poll_all():
        for c in members:
            for message in c.consume(100, 0.05):
                assert not message.error(), message.error()
                seen.add((message.partition(), message.offset()))

    def balance():
        until = time.time() + 60
        while time.time() < until:
            poll_all()
            parts = [[p.partition for p in c.assignment()] for c in members]
            if all(parts) and sorted(sum(parts, [])) == list(range(6)):
                return
        raise AssertionError(f"never balanced: {parts}")

    for c in members:
        c.subscribe([topic])
    balance()
    produce(topic, 60, partitions=6)
    until = time.time() + 30
    while len(seen) < 60 and time.time() < until:
        poll_all()
    assert len(seen) == 60, f"{len(seen)} of 60 records came"
    for c in members:
        c.commit(asynchronous=False)
    members.pop().close()
    balance()
    produce(topic, 60, first=60, partitions=6)
    until = time.time() + 30
    while len(seen) < 120 and time.time() < until:
        poll_all()
    assert len(seen) == 120, f"{len(seen)} of 120 records came after a member had left"
    for c in members:
        c.commit(asynchronous=False)
    listed = ADMIN.list_consumer_groups().result(30)
    assert f"{PREFIX}-g" in [g.group_id for g in listed.valid], listed.valid
    described = ADMIN.describe_consumer_groups([f"{PREFIX}-g"])[f"{PREFIX}-g"].result(30)
    assert len(described.members) == 2, described.members
    for c in members:
        c.close()


def static():
    topic = f"{PREFIX}-t"
    create(topic, 2)
    a = consumer(f"{PREFIX}-g", **{"group.instance.id": "a"})
    b = consumer(f"{PREFIX}-g", **{"group.instance.id": "b"})
    a.subscribe([topic])
    b.subscribe([topic])
    until = time.time() + 60
    while not (a.assignment() and b.assignment()) and time.time() < until:
        a.poll(0.1)
        b.poll(0.1)
    before = [p.partition for p in b.assignment()]
    assert before, "no assignment"
    produce(topic, 20, partitions=2)
    b.close()
    b = consumer(f"{PREFIX}-g", **{"group.instance.id": "b"})
    b.subscribe([topic])
    revoked = []
    a_before = [p.partition for p in a.assignment()]
    until = time.time() + 60
    while not b.assignment() and time.time() < until:
        a.poll(0.1)
        b.poll(0.1)
    assert [p.partition for p in b.assignment()] == before, "the static member got other partitions"
    assert [p.partition for p in a.assignment()] == a_before and not revoked
    a.close()
    b.close()


def cooperative():
    topic = f"{PREFIX}-t"
    create(topic, 4)
    strategy = {"partition.assignment.strategy": "cooperative-sticky"}
    a = consumer(f"{PREFIX}-g", **strategy)
    a.subscribe([topic])
    until = time.time() + 60
    while len(a.assignment()) < 4 and time.time() < until:
        a.poll(0.1)
    lost = []
    a.subscribe([topic], on_revoke=lambda c, parts: (lost.extend(parts), c.incremental_unassign(parts)))
    b = consumer(f"{PREFIX}-g", **strategy)
    b.subscribe([topic])
    until = time.time() + 60
    while not (len(a.assignment()) == 2 and len(b.assignment()) == 2) and time.time() < until:
        a.poll(0.1)
        b.poll(0.1)
    assert len(a.assignment()) == 2 and len(b.assignment()) == 2, (a.assignment(), b.assignment())
    assert len(lost) == 2, f"{len(lost)} partitions were taken from a member that keeps two"
    a.close()
    b.close()


def idempotent():
    topic = f"{PREFIX}-t"
    create(topic, 3)
    produce(topic, 5000, partitions=3, **{"enable.idempotence": True, "acks": "all"})
    c = consumer(f"{PREFIX}-g")
    c.subscribe([topic])
    got = read(c, 5000)
    c.close()
    for p in range(3):
        values = [int(m.value()[1:]) for m in got if m.partition() == p]
        assert values == list(range(p, 5000, 3)), f"partition {p} is not in order"


def admin_():
    topic = f"{PREFIX}-t"
    create(topic, 2, {"retention.ms": "3600000", "cleanup.policy": "compact"})
    try:
        create(topic)
        raise AssertionError("a topic was made twice")
    except KafkaException as e:
        assert e.args[0].name() == "TOPIC_ALREADY_EXISTS", e
    try:
        create(f"{PREFIX}-rf", 1, {"no.such.config": "1"})
        raise AssertionError("an unknown setting was taken")
    except KafkaException as e:
        assert e.args[0].name() == "INVALID_CONFIG", e
    a = ADMIN
    assert len(a.list_topics(topic, timeout=10).topics[topic].partitions) == 2
    resource = ConfigResource(ResourceType.TOPIC, topic)
    configs = a.describe_configs([resource])[resource].result(30)
    assert configs["retention.ms"].value == "3600000" and configs["cleanup.policy"].value == "compact"
    assert not configs["retention.ms"].is_default and configs["segment.ms"].is_default
    from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, NewPartitions, OffsetSpec

    change = ConfigResource(
        ResourceType.TOPIC,
        topic,
        incremental_configs=[ConfigEntry("retention.ms", "60000", incremental_operation=AlterConfigOpType.SET)],
    )
    a.incremental_alter_configs([change])[change].result(30)
    assert a.describe_configs([resource])[resource].result(30)["retention.ms"].value == "60000"
    a.create_partitions([NewPartitions(topic, 3)])[topic].result(30)
    until = time.time() + 30
    while len(a.list_topics(topic, timeout=10).topics[topic].partitions) < 3 and time.time() < until:
        time.sleep(0.1)
    # A compacted topic takes records with keys only.
    produce(topic, 30)
    # A client of its own: one that knew the topic before does not look for the new partition at once.
    fresh = AdminClient({"bootstrap.servers": BOOTSTRAP})
    spec = {TopicPartition(topic, p): OffsetSpec.latest() for p in range(3)}
    assert sum(f.result(30).offset for f in fresh.list_offsets(spec).values()) == 30
    a.delete_topics([topic])[topic].result(30)
    until = time.time() + 30
    while topic in a.list_topics(timeout=10).topics and time.time() < until:
        time.sleep(0.2)
    assert topic not in a.list_topics(timeout=10).topics


{
    "roundtrip": roundtrip,
    "group": group,
    "consumer-protocol": lambda: group(**{"group.protocol": "consumer"}),
    "consumer-protocol-range": lambda: group(**{"group.protocol": "consumer", "group.remote.assignor": "range"}),
    "static": static,
    "cooperative": cooperative,
    "idempotent": idempotent,
    "admin": admin_,
}[SCENARIO]()
