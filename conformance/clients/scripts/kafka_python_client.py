"""Scenarios for kafka-python. Called as: script.py BOOTSTRAP PREFIX SCENARIO"""

import sys
import threading
import time

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from kafka.errors import TopicAlreadyExistsError

BOOTSTRAP, PREFIX, SCENARIO = sys.argv[1:4]


def create(topic, partitions=1):
    admin = KafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    try:
        admin.create_topics([NewTopic(topic, num_partitions=partitions, replication_factor=1)])
    finally:
        admin.close()


def consumer(group, *topics, **extra):
    return KafkaConsumer(
        *topics,
        bootstrap_servers=BOOTSTRAP,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=10000,
        heartbeat_interval_ms=500,
        **extra,
    )


def produce(topic, count, first=0, partitions=None, **extra):
    producer = KafkaProducer(bootstrap_servers=BOOTSTRAP, linger_ms=5, **extra)
    futures = [
        producer.send(
            topic,
            key=f"k{i}".encode(),
            value=f"v{i}".encode(),
            headers=[("n", str(i).encode())],
            partition=None if partitions is None else i % partitions,
        )
        for i in range(first, first + count)
    ]
    producer.flush(60)
    for future in futures:
        future.get(30)
    producer.close()


def read(c, count, seconds=60):
    got = []
    until = time.time() + seconds
    while len(got) < count and time.time() < until:
        for messages in c.poll(200).values():
            got.extend(messages)
    assert len(got) >= count, f"{len(got)} of {count} records came"
    return got


def roundtrip():
    for codec in (None, "gzip"):
        topic = f"{PREFIX}-{codec}".lower()
        create(topic)
        produce(topic, 500, compression_type=codec)
        c = consumer(f"{topic}-group", topic)
        got = read(c, 500)
        assert [m.value for m in got] == [f"v{i}".encode() for i in range(500)], codec
        assert got[7].key == b"k7" and list(got[7].headers) == [("n", b"7")], got[7]
        c.commit()
        assert c.committed(TopicPartition(topic, 0)) == 500
        c.close()


def group():
    topic = f"{PREFIX}-t"
    create(topic, 6)
    seen = set()
    lock = threading.Lock()
    assigned = {}
    errors = []

    class Member(threading.Thread):
        def __init__(self, name):
            super().__init__(daemon=True)
            self.name, self.stop = name, False

        def run(self):
            try:
                self.consume()
            except Exception as error:
                with lock:
                    errors.append(error)

        def consume(self):
            c = consumer(f"{PREFIX}-g", topic)
            while not self.stop:
                records = c.poll(100)
                with lock:
                    assigned[self.name] = sorted(p.partition for p in c.assignment())
                    for messages in records.values():
                        seen.update((m.partition, m.offset) for m in messages)
                if records:
                    c.commit()
            c.close()
            with lock:
                assigned.pop(self.name)

    def wait(what, condition, seconds=60):
        until = time.time() + seconds
        while time.time() < until:
            with lock:
                if condition():
                    return
            time.sleep(0.05)
        raise AssertionError(f"{what}: {assigned}, {len(seen)} records, {errors}")

    def balanced(count):
        parts = list(assigned.values())
        return len(parts) == count and all(parts) and sorted(sum(parts, [])) == list(range(6))

    members = [Member(name) for name in "abc"]
    for member in members:
        member.start()
    wait("never balanced", lambda: balanced(3))
    produce(topic, 60, partitions=6)
    wait("records are missing", lambda: len(seen) == 60)
    members[2].stop = True
    wait("never balanced after a member had left", lambda: balanced(2))
    produce(topic, 60, first=60, partitions=6)
    wait("records are missing", lambda: len(seen) == 120)
    for member in members:
        member.stop = True
    for member in members:
        member.join(30)
    admin = KafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    offsets = admin.list_group_offsets(f"{PREFIX}-g")
    offsets = offsets.get(f"{PREFIX}-g", offsets)
    assert sum(o.offset for o in offsets.values()) == 120, offsets
    admin.close()


def idempotent():
    topic = f"{PREFIX}-t"
    create(topic, 3)
    produce(topic, 3000, partitions=3, enable_idempotence=True, acks="all")
    c = consumer(f"{PREFIX}-g", topic)
    got = read(c, 3000)
    c.close()
    for p in range(3):
        values = [int(m.value[1:]) for m in got if m.partition == p]
        assert values == list(range(p, 3000, 3)), f"partition {p} is not in order"


def admin():
    topic = f"{PREFIX}-t"
    create(topic, 2)
    try:
        create(topic)
        raise AssertionError("a topic was made twice")
    except TopicAlreadyExistsError:
        pass
    a = KafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    assert topic in a.list_topics()
    assert len(a.describe_topics([topic])[0]["partitions"]) == 2
    a.delete_topics([topic])
    until = time.time() + 30
    while topic in a.list_topics() and time.time() < until:
        time.sleep(0.2)
    assert topic not in a.list_topics()
    a.close()


{"roundtrip": roundtrip, "group": group, "idempotent": idempotent, "admin": admin}[SCENARIO]()
