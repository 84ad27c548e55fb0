"""Scenarios for aiokafka. Called as: script.py BOOTSTRAP PREFIX SCENARIO"""

import asyncio
import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError

BOOTSTRAP, PREFIX, SCENARIO = sys.argv[1:4]


async def create(topic, partitions=1):
    admin = AIOKafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    await admin.start()
    try:
        response = await admin.create_topics([NewTopic(topic, partitions, 1)])
        for _, code, *_ in response.topic_errors:
            if code == 36:
                raise TopicAlreadyExistsError(topic)
            assert code == 0, code
    finally:
        await admin.close()


async def consumer(group, topic):
    c = AIOKafkaConsumer(
        topic,
        bootstrap_servers=BOOTSTRAP,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        heartbeat_interval_ms=500,
    )
    await c.start()
    return c


async def produce(topic, count, first=0, partitions=None, **extra):
    producer = AIOKafkaProducer(bootstrap_servers=BOOTSTRAP, linger_ms=5, **extra)
    await producer.start()
    try:
        futures = [
            await producer.send(
                topic,
                key=f"k{i}".encode(),
                value=f"v{i}".encode(),
                headers=[("n", str(i).encode())],
                partition=None if partitions is None else i % partitions,
            )
            for i in range(first, first + count)
        ]
        await asyncio.gather(*futures)
    finally:
        await producer.stop()


async def read(c, count, seconds=60):
    got = []

    async def collect():
        while len(got) < count:
            for messages in (await c.getmany(timeout_ms=200)).values():
                got.extend(messages)

    try:
        await asyncio.wait_for(collect(), seconds)
    except asyncio.TimeoutError:
        raise AssertionError(f"{len(got)} of {count} records came")
    return got


async def roundtrip():
    for codec in (None, "gzip"):
        topic = f"{PREFIX}-{codec}".lower()
        await create(topic)
        await produce(topic, 500, compression_type=codec)
        c = await consumer(f"{topic}-group", topic)
        got = await read(c, 500)
        assert [m.value for m in got] == [f"v{i}".encode() for i in range(500)], codec
        assert got[7].key == b"k7" and list(got[7].headers) == [("n", b"7")]
        await c.commit()
        assert await c.committed(TopicPartition(topic, 0)) == 500
        await c.stop()


async def group():
    topic = f"{PREFIX}-t"
    await create(topic, 6)
    members = [await consumer(f"{PREFIX}-g", topic) for _ in range(3)]
    seen = set()

    async def until(what, condition, seconds=60):
        async def poll():
            while not condition():
                for c in members:
                    for messages in (await c.getmany(timeout_ms=50)).values():
                        seen.update((m.partition, m.offset) for m in messages)

        try:
            await asyncio.wait_for(poll(), seconds)
        except asyncio.TimeoutError:
            raise AssertionError(f"{what}: {[c.assignment() for c in members]}, {len(seen)} records")

    def balanced():
        parts = [[p.partition for p in c.assignment()] for c in members]
        return all(parts) and sorted(sum(parts, [])) == list(range(6))

    await until("never balanced", balanced)
    await produce(topic, 60, partitions=6)
    await until("records are missing", lambda: len(seen) == 60)
    for c in members:
        await c.commit()
    await members.pop().stop()
    await until("never balanced after a member had left", balanced)
    await produce(topic, 60, first=60, partitions=6)
    await until("records are missing", lambda: len(seen) == 120)
    for c in members:
        await c.stop()


async def idempotent():
    topic = f"{PREFIX}-t"
    await create(topic, 3)
    await produce(topic, 3000, partitions=3, enable_idempotence=True)
    c = await consumer(f"{PREFIX}-g", topic)
    got = await read(c, 3000)
    await c.stop()
    for p in range(3):
        values = [int(m.value[1:]) for m in got if m.partition == p]
        assert values == list(range(p, 3000, 3)), f"partition {p} is not in order"


async def admin():
    topic = f"{PREFIX}-t"
    await create(topic, 2)
    try:
        await create(topic)
        raise AssertionError("a topic was made twice")
    except TopicAlreadyExistsError:
        pass
    a = AIOKafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    await a.start()
    assert topic in await a.list_topics()
    assert len((await a.describe_topics([topic]))[0]["partitions"]) == 2
    await a.delete_topics([topic])
    for _ in range(100):
        if topic not in await a.list_topics():
            break
        await asyncio.sleep(0.2)
    assert topic not in await a.list_topics()
    await a.close()


asyncio.run({"roundtrip": roundtrip, "group": group, "idempotent": idempotent, "admin": admin}[SCENARIO]())
