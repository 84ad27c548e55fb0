"""One record out and back over TLS with a login: LIBRARY BOOTSTRAP CA MECHANISM USER SECRET TOPIC; SECRET is a token for OAUTHBEARER."""
import asyncio
import ssl
import sys
import time

library, bootstrap, ca, mechanism, user, secret, topic = sys.argv[1:]
value = f"{library} {mechanism}".encode()


def confluent():
    from confluent_kafka import Consumer, Producer

    config = {
        "bootstrap.servers": bootstrap,
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": ca,
        "sasl.mechanism": mechanism,
    }
    if mechanism == "OAUTHBEARER":
        config["oauth_cb"] = lambda _: (secret, time.time() + 300)
    else:
        config |= {"sasl.username": user, "sasl.password": secret}
    failures = []
    producer = Producer(config)
    producer.produce(topic, value, on_delivery=lambda error, _: error and failures.append(error))
    assert producer.flush(60) == 0 and not failures, failures
    consumer = Consumer({**config, "group.id": topic, "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    message = consumer.poll(60)
    assert message is not None and message.error() is None and message.value() == value, message and message.error()
    consumer.close()


def kafka_python():
    from kafka import KafkaConsumer, KafkaProducer
    from kafka.net.sasl.oauth import AbstractTokenProvider

    class Token(AbstractTokenProvider):
        def token(self):
            return secret

    config = {
        "bootstrap_servers": bootstrap,
        "security_protocol": "SASL_SSL",
        "ssl_cafile": ca,
        "sasl_mechanism": mechanism,
    }
    if mechanism == "OAUTHBEARER":
        config["sasl_oauth_token_provider"] = Token()
    else:
        config |= {"sasl_plain_username": user, "sasl_plain_password": secret}
    producer = KafkaProducer(**config)
    producer.send(topic, value).get(60)
    producer.close()
    consumer = KafkaConsumer(topic, auto_offset_reset="earliest", consumer_timeout_ms=60_000, **config)
    assert next(iter(consumer)).value == value
    consumer.close()


async def aiokafka():
    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
    from aiokafka.abc import AbstractTokenProvider

    class Token(AbstractTokenProvider):
        async def token(self):
            return secret

    config = {
        "bootstrap_servers": bootstrap,
        "security_protocol": "SASL_SSL",
        "ssl_context": ssl.create_default_context(cafile=ca),
        "sasl_mechanism": mechanism,
    }
    if mechanism == "OAUTHBEARER":
        config["sasl_oauth_token_provider"] = Token()
    else:
        config |= {"sasl_plain_username": user, "sasl_plain_password": secret}
    async with AIOKafkaProducer(**config) as producer:
        await producer.send_and_wait(topic, value)
    async with AIOKafkaConsumer(topic, auto_offset_reset="earliest", **config) as consumer:
        assert (await asyncio.wait_for(consumer.getone(), 60)).value == value


if library == "confluent-kafka":
    confluent()
elif library == "kafka-python":
    kafka_python()
else:
    asyncio.run(aiokafka())
print(value.decode())
