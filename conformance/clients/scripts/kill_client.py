"""What a broker that is killed again and again has to keep. Called as: script.py BOOTSTRAP TOPIC MODE [COUNT]

produce: sends COUNT numbered records idempotently to 3 partitions, prints `ack PARTITION OFFSET NUMBER` for each acknowledgement
consume: reads and commits in a group until its input ends, prints `commit PARTITION OFFSET` for each commit that was answered
read:    prints `record PARTITION OFFSET NUMBER` for all there is, then `committed PARTITION OFFSET`
"""

import sys
import threading
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

BOOTSTRAP, TOPIC, MODE = sys.argv[1:4]
PARTITIONS = 3
GROUP = f"{TOPIC}-group"


def say(*words):
    print(*words, flush=True)


def consumer():
    return Consumer(
        {
            "bootstrap.servers": BOOTSTRAP,
            "group.id": GROUP,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "session.timeout.ms": 6000,
            "reconnect.backoff.max.ms": 100,
            "log_level": 0,
        }
    )


def produce(count):
    admin = AdminClient({"bootstrap.servers": BOOTSTRAP})
    admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)])[TOPIC].result(30)
    producer = Producer(
        {
            "bootstrap.servers": BOOTSTRAP,
            "enable.idempotence": True,
            "linger.ms": 2,
            "batch.num.messages": 50,
            "message.timeout.ms": 120000,
            "reconnect.backoff.ms": 20,
            "reconnect.backoff.max.ms": 100,
            "retry.backoff.ms": 20,
            "log_level": 0,
        }
    )

    def delivered(error, message):
        if error:
            say("failed", error)
        else:
            say("ack", message.partition(), message.offset(), message.value().decode())

    say("started")
    for number in range(count):
        while True:
            try:
                producer.produce(TOPIC, str(number), partition=number % PARTITIONS, on_delivery=delivered)
                break
            except BufferError:
                # The broker is down for long: wait until it takes some.
                producer.poll(0.1)
        producer.poll(0)
        if number % 20 == 0:
            # Spread over the kills.
            time.sleep(0.002)
    left = producer.flush(180)
    say("done", left)


def consume():
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    c = consumer()
    c.subscribe([TOPIC])
    while not ended.is_set():
        messages = [m for m in c.consume(200, 0.1) if not m.error()]
        if not messages:
            continue
        ends = {}
        for m in messages:
            ends[m.partition()] = max(ends.get(m.partition(), 0), m.offset() + 1)
        try:
            done = c.commit(offsets=[TopicPartition(TOPIC, p, o) for p, o in ends.items()], asynchronous=False)
        except KafkaException:
            continue
        for part in done:
            if part.error is None:
                say("commit", part.partition, part.offset)
    c.close()


def read():
    c = consumer()
    parts = [TopicPartition(TOPIC, p, 0) for p in range(PARTITIONS)]
    c.assign(parts)
    ends = {p: c.get_watermark_offsets(TopicPartition(TOPIC, p), timeout=30)[1] for p in range(PARTITIONS)}
    left = sum(ends.values())
    until = time.time() + 60
    while left > 0 and time.time() < until:
        for m in c.consume(1000, 0.2):
            if m.error():
                raise KafkaException(m.error())
            say("record", m.partition(), m.offset(), m.value().decode())
            left -= 1
    for part in c.committed([TopicPartition(TOPIC, p) for p in range(PARTITIONS)], timeout=30):
        say("committed", part.partition, part.offset)
    c.close()


if MODE == "produce":
    produce(int(sys.argv[4]))
elif MODE == "consume":
    consume()
else:
    read()
