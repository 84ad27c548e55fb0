"""Transactions with aiokafka. Called as: script.py BOOTSTRAP PREFIX SCENARIO"""

import asyncio
import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

BOOTSTRAP, PREFIX, SCENARIO = sys.argv[1:4]


async def create(*topics):
    admin = AIOKafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    await admin.start()
    try:
        response = await admin.create_topics([NewTopic(topic, 1, 1) for topic in topics])
        assert all(code == 0 for _, code, *_ in response.topic_errors), response
    finally:
        await admin.close()


async def transactional(name):
    producer = AIOKafkaProducer(bootstrap_servers=BOOTSTRAP, transactional_id=f"{PREFIX}-{name}")
    await producer.start()
    return producer


async def read(topic, last):
    """Values that a read_committed consumer sees, until the one that was written last."""
    c = AIOKafkaConsumer(
        topic, bootstrap_servers=BOOTSTRAP, auto_offset_reset="earliest", isolation_level="read_committed"
    )
    await c.start()
    got = []
    try:
        async with asyncio.timeout(60):
            while last not in got:
                got.append((await c.getone()).value.decode())
    finally:
        await c.stop()
    return got


async def transactions():
    topic = f"{PREFIX}-t"
    await create(topic)
    p = await transactional("a")
    for n in range(6):
        await p.begin_transaction()
        for i in range(10):
            await p.send_and_wait(topic, f"{n}-{i}".encode(), partition=0)
        await (p.abort_transaction() if n % 2 == 0 else p.commit_transaction())
    async with p.transaction():
        await p.send_and_wait(topic, b"last", partition=0)
    want = [f"{n}-{i}" for n in (1, 3, 5) for i in range(10)]
    assert await read(topic, "last") == [*want, "last"]
    # A newer producer of the same id ends what the older one began.
    await p.begin_transaction()
    await p.send_and_wait(topic, b"fenced", partition=0)
    newer = await transactional("a")
    async with newer.transaction():
        await newer.send_and_wait(topic, b"newer", partition=0)
    try:
        await p.commit_transaction()
        raise AssertionError("a fenced producer committed")
    except KafkaError:
        pass
    try:
        await p.stop()
    except KafkaError:
        pass
    assert await read(topic, "newer") == [*want, "last", "newer"]
    await newer.stop()


async def offsets():
    source, target, group = f"{PREFIX}-source", f"{PREFIX}-target", f"{PREFIX}-g"
    await create(source, target)
    plain = AIOKafkaProducer(bootstrap_servers=BOOTSTRAP)
    await plain.start()
    for i in range(100):
        await plain.send(source, str(i).encode(), partition=0)
    await plain.stop()
    c = AIOKafkaConsumer(
        source,
        bootstrap_servers=BOOTSTRAP,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        isolation_level="read_committed",
    )
    await c.start()
    p = await transactional("a")
    where = TopicPartition(source, 0)
    position, n = 0, 0
    while position < 100:
        batch = (await c.getmany(timeout_ms=5000, max_records=15)).get(where, [])
        if not batch:
            continue
        after = batch[-1].offset + 1
        await p.begin_transaction()
        for message in batch:
            await p.send_and_wait(target, b"t" + message.value, partition=0)
        await p.send_offsets_to_transaction({where: after}, group)
        n += 1
        if n % 3 == 0:
            await p.abort_transaction()
            c.seek(where, position)
        else:
            await p.commit_transaction()
            position = after
        # It does not ask for stable offsets: what was just committed may be there a moment later.
        async with asyncio.timeout(30):
            while (await c.committed(where) or 0) != position:
                await asyncio.sleep(0.02)
    await p.begin_transaction()
    await p.send_and_wait(target, b"last", partition=0)
    await p.commit_transaction()
    await p.stop()
    await c.stop()
    assert await read(target, "last") == [*(f"t{i}" for i in range(100)), "last"]


asyncio.run({"transactions": transactions, "transaction-offsets": offsets}[SCENARIO]())
