"""Transactions with confluent-kafka (librdkafka). Called as: script.py BOOTSTRAP PREFIX SCENARIO"""

import sys
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

BOOTSTRAP, PREFIX, SCENARIO = sys.argv[1:4]
ADMIN = AdminClient({"bootstrap.servers": BOOTSTRAP})
SECONDS = 60


def create(topic, partitions=1):
    for future in ADMIN.create_topics([NewTopic(topic, partitions, 1)]).values():
        future.result(30)


def transactional(name, **extra):
    producer = Producer({"bootstrap.servers": BOOTSTRAP, "transactional.id": f"{PREFIX}-{name}", "linger.ms": 2, **extra})
    producer.init_transactions(SECONDS)
    return producer


def send(producer, topic, values, partition=0):
    for value in values:
        producer.produce(topic, value=value, partition=partition)
    assert producer.flush(SECONDS) == 0, "records are left in the queue"


def reader(topic, partitions=1, isolation="read_committed", group=None):
    c = Consumer(
        {
            "bootstrap.servers": BOOTSTRAP,
            "group.id": group or f"{PREFIX}-reader-{isolation}",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "isolation.level": isolation,
            "enable.partition.eof": True,
            "session.timeout.ms": 10000,
        }
    )
    if group:
        c.subscribe([topic])
    else:
        c.assign([TopicPartition(topic, p, 0) for p in range(partitions)])
    return c


def read_all(topic, partitions=1, isolation="read_committed"):
    """Values up to the end that this isolation sees, partition after partition."""
    c = reader(topic, partitions, isolation)
    values = {p: [] for p in range(partitions)}
    ended = set()
    until = time.time() + SECONDS
    while len(ended) < partitions:
        assert time.time() < until, f"no end of {topic}: {ended}"
        message = c.poll(0.5)
        if message is None:
            continue
        if message.error():
            assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
            ended.add(message.partition())
        else:
            values[message.partition()].append(message.value().decode())
    c.close()
    return sum(values.values(), [])


def failure(call):
    try:
        call()
    except KafkaException as e:
        return e.args[0]
    raise AssertionError("this had to fail")


def commit():
    """Three partitions in one transaction; nothing to be seen before its end, all of it after."""
    topic = f"{PREFIX}-t"
    create(topic, 3)
    p = transactional("a")
    for n in range(5):
        p.begin_transaction()
        for partition in range(3):
            send(p, topic, [f"{n}-{partition}-{i}" for i in range(20)], partition)
        seen = read_all(topic, 3)
        assert len(seen) == n * 60, f"{len(seen)} records in transaction {n}"
        assert len(read_all(topic, 3, "read_uncommitted")) == (n + 1) * 60
        p.commit_transaction(SECONDS)
    want = [f"{n}-{partition}-{i}" for partition in range(3) for n in range(5) for i in range(20)]
    assert read_all(topic, 3) == want
    # One that is idle and one that has nothing in it.
    p.begin_transaction()
    p.commit_transaction(SECONDS)
    assert read_all(topic, 3) == want


def abort():
    """Aborted ones between committed ones, in the same partition as another producer's: only committed records are seen."""
    topic = f"{PREFIX}-t"
    create(topic)
    a, b = transactional("a"), transactional("b")
    want = []
    for n in range(8):
        a.begin_transaction()
        b.begin_transaction()
        send(a, topic, [f"a{n}-1"])
        send(b, topic, [f"b{n}-1"])
        send(a, topic, [f"a{n}-2"])
        if n % 2 == 0:
            a.abort_transaction(SECONDS)
            b.commit_transaction(SECONDS)
            want += [f"b{n}-1"]
        else:
            b.abort_transaction(SECONDS)
            a.commit_transaction(SECONDS)
            want += [f"a{n}-1", f"a{n}-2"]
    assert read_all(topic) == want, (read_all(topic), want)
    assert len(read_all(topic, isolation="read_uncommitted")) == 24
    plain = Producer({"bootstrap.servers": BOOTSTRAP})
    send(plain, topic, ["plain"])
    assert read_all(topic) == [*want, "plain"]


def fencing():
    """A second producer of the same id ends the first one's transaction; the first one can do nothing any more."""
    topic = f"{PREFIX}-t"
    create(topic)
    first = transactional("a")
    first.begin_transaction()
    send(first, topic, ["first"])
    second = transactional("a")
    second.begin_transaction()
    send(second, topic, ["second"])
    second.commit_transaction(SECONDS)
    error = failure(lambda: first.commit_transaction(SECONDS))
    assert error.fatal() and error.code() in (KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH), error
    assert read_all(topic) == ["second"]
    # Also when it only writes.
    third = transactional("a")
    second.begin_transaction()
    failed = []
    second.produce(topic, value="late", on_delivery=lambda error, _: failed.append(error))
    try:
        second.flush(SECONDS)
    except (KafkaException, SystemError):
        # It raises what is fatal from within the callback.
        pass
    assert failed[0] is not None, "a fenced producer wrote"
    third.begin_transaction()
    send(third, topic, ["third"])
    third.commit_transaction(SECONDS)
    assert read_all(topic) == ["second", "third"]


def offsets():
    """Consume, transform, produce: offsets go with the transaction, or not at all when it is aborted."""
    source, target, group = f"{PREFIX}-source", f"{PREFIX}-target", f"{PREFIX}-g"
    create(source)
    create(target)
    plain = Producer({"bootstrap.servers": BOOTSTRAP})
    send(plain, source, [str(i) for i in range(200)])
    c = reader(source, group=group)
    p = transactional("a")
    position, n = 0, 0
    while position < 200:
        batch = [m for m in c.consume(25, 1.0) if not m.error()]
        if not batch:
            continue
        p.begin_transaction()
        send(p, target, [f"t{m.value().decode()}" for m in batch])
        after = batch[-1].offset() + 1
        p.send_offsets_to_transaction([TopicPartition(source, 0, after)], c.consumer_group_metadata(), SECONDS)
        n += 1
        if n % 3 == 0:
            p.abort_transaction(SECONDS)
            c.seek(TopicPartition(source, 0, position))
        else:
            p.commit_transaction(SECONDS)
            position = after
        committed = c.committed([TopicPartition(source, 0)], 30)[0].offset
        assert committed == (position or -1001), f"committed {committed}, not {position}"
    assert n > 3, n
    assert read_all(target) == [f"t{i}" for i in range(200)]
    # The group goes on with another member: the old metadata is of an older generation or of none.
    old = c.consumer_group_metadata()
    c.close()
    p.begin_transaction()
    send(p, target, ["zombie"])
    error = failure(lambda: p.send_offsets_to_transaction([TopicPartition(source, 0, 5)], old, SECONDS))
    assert error.txn_requires_abort(), error
    p.abort_transaction(SECONDS)
    assert read_all(target) == [f"t{i}" for i in range(200)]


def timeout():
    """A transaction that takes too long is aborted by the broker, and readers go on; its producer cannot commit it."""
    topic = f"{PREFIX}-t"
    create(topic)
    # Longer than any call of this client: else the client gives up first.
    p = transactional("a", **{"transaction.timeout.ms": 3000, "message.timeout.ms": 2500, "socket.timeout.ms": 2500})
    p.begin_transaction()
    send(p, topic, ["slow"])
    plain = Producer({"bootstrap.servers": BOOTSTRAP})
    send(plain, topic, ["plain"])
    assert read_all(topic) == [], "the end was not held back"
    until = time.time() + 60
    while read_all(topic) != ["plain"]:
        assert time.time() < until, "the transaction was never ended"
    failure(lambda: p.commit_transaction(SECONDS))
    again = transactional("a")
    again.begin_transaction()
    send(again, topic, ["again"])
    again.commit_transaction(SECONDS)
    assert read_all(topic) == ["plain", "again"]


def admin_():
    """What AdminClient tells of offsets under an open transaction, and list_offsets by isolation."""
    from confluent_kafka import IsolationLevel
    from confluent_kafka.admin import OffsetSpec

    topic = f"{PREFIX}-t"
    create(topic)
    p = transactional("a")
    p.begin_transaction()
    send(p, topic, ["1", "2"])
    spec = {TopicPartition(topic, 0): OffsetSpec.latest()}

    def latest(level):
        return ADMIN.list_offsets(spec, isolation_level=level)[TopicPartition(topic, 0)].result(30).offset

    assert latest(IsolationLevel.READ_COMMITTED) == 0
    assert latest(IsolationLevel.READ_UNCOMMITTED) == 2
    p.commit_transaction(SECONDS)
    assert latest(IsolationLevel.READ_COMMITTED) == 3, "two records and the marker"


{
    "commit": commit,
    "abort": abort,
    "fencing": fencing,
    "offsets": offsets,
    "timeout": timeout,
    "list-offsets": admin_,
}[SCENARIO]()
