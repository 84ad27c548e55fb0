"""Transactions with kafka-python. Called as: script.py BOOTSTRAP PREFIX SCENARIO"""

import sys
import time

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.admin import NewTopic
from kafka.errors import KafkaError

BOOTSTRAP, PREFIX, SCENARIO = sys.argv[1:4]


def create(*topics):
    admin = KafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    try:
        admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1) for topic in topics])
    finally:
        admin.close()


def transactional(name):
    producer = KafkaProducer(bootstrap_servers=BOOTSTRAP, transactional_id=f"{PREFIX}-{name}")
    producer.init_transactions()
    return producer


def send(producer, topic, values):
    for future in [producer.send(topic, value.encode(), partition=0) for value in values]:
        future.get(30)


def read(topic, last):
    """Values that a read_committed consumer sees, until the one that was written last."""
    c = KafkaConsumer(
        topic, bootstrap_servers=BOOTSTRAP, auto_offset_reset="earliest", isolation_level="read_committed"
    )
    got = []
    until = time.time() + 60
    while last not in got:
        assert time.time() < until, f"{last} did not come: {got}"
        for messages in c.poll(500).values():
            got.extend(message.value.decode() for message in messages)
    c.close()
    return got


def transactions():
    topic = f"{PREFIX}-t"
    create(topic)
    p = transactional("a")
    for n in range(6):
        p.begin_transaction()
        send(p, topic, [f"{n}-{i}" for i in range(10)])
        p.abort_transaction() if n % 2 == 0 else p.commit_transaction()
    p.begin_transaction()
    send(p, topic, ["last"])
    p.commit_transaction()
    want = [f"{n}-{i}" for n in (1, 3, 5) for i in range(10)]
    assert read(topic, "last") == [*want, "last"]
    # A newer producer of the same id ends what the older one began.
    p.begin_transaction()
    send(p, topic, ["fenced"])
    newer = transactional("a")
    newer.begin_transaction()
    send(newer, topic, ["newer"])
    newer.commit_transaction()
    try:
        p.commit_transaction()
        raise AssertionError("a fenced producer committed")
    except KafkaError:
        pass
    assert read(topic, "newer") == [*want, "last", "newer"]
    newer.close()


def offsets():
    source, target, group = f"{PREFIX}-source", f"{PREFIX}-target", f"{PREFIX}-g"
    create(source, target)
    plain = KafkaProducer(bootstrap_servers=BOOTSTRAP)
    send(plain, source, [str(i) for i in range(100)])
    plain.close()
    c = KafkaConsumer(
        source,
        bootstrap_servers=BOOTSTRAP,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_poll_records=15,
    )
    p = transactional("a")
    where = TopicPartition(source, 0)
    position, n = 0, 0
    until = time.time() + 120
    while position < 100:
        assert time.time() < until, position
        batch = c.poll(1000).get(where, [])
        if not batch:
            continue
        after = batch[-1].offset + 1
        p.begin_transaction()
        send(p, target, [f"t{message.value.decode()}" for message in batch])
        p.send_offsets_to_transaction({where: OffsetAndMetadata(after, "", -1)}, group)
        n += 1
        if n % 3 == 0:
            p.abort_transaction()
            c.seek(where, position)
        else:
            p.commit_transaction()
            position = after
        # It does not ask for stable offsets: what was just committed may be there a moment later.
        while (c.committed(where) or 0) != position:
            assert time.time() < until, f"committed {c.committed(where)}, not {position}"
            time.sleep(0.02)
    p.begin_transaction()
    send(p, target, ["last"])
    p.commit_transaction()
    p.close()
    c.close()
    assert read(target, "last") == [*(f"t{i}" for i in range(100)), "last"]


{"transactions": transactions, "transaction-offsets": offsets}[SCENARIO]()
