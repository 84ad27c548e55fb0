"""PyPI's ksqldb (HTTP/1.1 for statements, HTTP/2 for queries and inserts). Called as: script.py URL NAME"""
import asyncio
import sys
import time

from ksqldb import KSQLdbClient

url, name = sys.argv[1:]
client = KSQLdbClient(url)
earliest = {"auto.offset.reset": "earliest"}

created = client.ksql(
    f"CREATE STREAM {name} (who STRING KEY, km INT) WITH (kafka_topic='{name}', value_format='JSON', partitions=1);"
)
assert created[0]["commandStatus"]["status"] == "SUCCESS", created
client.ksql(f"CREATE TABLE {name}_TOTALS AS SELECT who, SUM(km) AS km FROM {name} GROUP BY who;", earliest)
acks = client.inserts_stream(name, [{"WHO": "ann", "KM": 3}, {"WHO": "bob", "KM": 5}, {"WHO": "ann", "KM": 4}])
assert [ack["status"] for ack in acks] == ["ok"] * 3, acks


async def pushed():
    lines = client.query_async(f"SELECT who, km FROM {name} EMIT CHANGES LIMIT 3;", earliest, timeout=60)
    return [line async for line in lines]


header, *rows = asyncio.run(pushed())
assert header["columnNames"] == ["WHO", "KM"], header
assert rows == [["ann", 3], ["bob", 5], ["ann", 4]], rows

end = time.monotonic() + 60
while True:
    found = client.query_sync(f"SELECT * FROM {name}_TOTALS WHERE who = 'ann';")[1:]
    if found == [["ann", 7]]:
        break
    assert time.monotonic() < end, found
    time.sleep(0.05)
assert any(each["name"] == "ksql.service.id" for each in client.get_properties())
assert not client.close_query("nothing")
print(f"# {len(rows)} rows pushed")
