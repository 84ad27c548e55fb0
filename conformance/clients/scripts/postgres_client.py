"""psycopg 3 and asyncpg on the protocol of PostgreSQL. Called as: script.py URL SCHEMA CLIENT"""
import asyncio
import datetime
import sys
import uuid

url, schema, client = sys.argv[1:]


def check_psycopg():
    import psycopg
    from psycopg import errors

    with psycopg.connect(url) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        connection.execute(f"SET search_path TO {schema}")
        connection.execute("CREATE TABLE words (id uuid PRIMARY KEY, word text, n bigint, at timestamptz, tags text[], j jsonb)")
        rows = [
            (uuid.uuid4(), f"word {i}", i, datetime.datetime.now(datetime.timezone.utc), ["a", "b"], '{"k": 1}')
            for i in range(100)
        ]
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO words VALUES (%s, %s, %s, %s, %s, %s)", rows)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"SET search_path TO {schema}")
        other = psycopg.connect(url, autocommit=True)
        # Prepared after five times; the other connection takes the session in between.
        for i in range(12):
            found = connection.execute("SELECT n, tags, j, at FROM words WHERE n = %s", (i,)).fetchone()
            assert found[0] == i and found[1] == ["a", "b"] and found[2] == {"k": 1}, found
            assert other.execute("SHOW search_path").fetchone()[0] != schema
        with connection.cursor() as cursor:
            with cursor.copy("COPY words (id, word, n) FROM STDIN") as copy:
                for i in range(5000):
                    copy.write_row((uuid.uuid4(), f"copied {i}", 1000 + i))
            out = 0
            with cursor.copy("COPY (SELECT * FROM words) TO STDOUT") as copy:
                for _ in copy.rows():
                    out += 1
            assert out == 5100, out
        try:
            with connection.transaction():
                connection.execute("INSERT INTO words (id, n) VALUES (%s, 1)", (uuid.uuid4(),))
                connection.execute("SELECT 1 / 0")
        except errors.DivisionByZero:
            pass
        with connection.transaction():
            with connection.cursor("named") as cursor:
                cursor.itersize = 700
                cursor.execute("SELECT n FROM words")
                assert sum(1 for _ in cursor) == 5100
        with connection.pipeline():
            first = connection.execute("SELECT 1")
            second = connection.execute("SELECT 2")
        assert first.fetchone() == (1,) and second.fetchone() == (2,)
        try:
            with connection.cursor() as cursor:
                with cursor.copy("COPY words (id) FROM STDIN") as copy:
                    copy.write("not a uuid\n")
        except errors.InvalidTextRepresentation:
            pass
        assert connection.execute("SELECT count(*) FROM words").fetchone() == (5100,)
        other.execute("LISTEN news")
        connection.execute("NOTIFY news, 'rain'")
        heard = next(other.notifies(timeout=30))
        assert heard.payload == "rain", heard
        connection.execute(f"DROP SCHEMA {schema} CASCADE")
        other.close()


async def check_asyncpg():
    import asyncpg

    pool = await asyncpg.create_pool(url, min_size=2, max_size=4, server_settings={"search_path": schema})
    async with pool.acquire() as connection:
        await connection.execute(f"CREATE SCHEMA {schema}")
        await connection.execute("CREATE TABLE words (id serial PRIMARY KEY, word text, n bigint, at timestamptz)")
        now = datetime.datetime.now(datetime.timezone.utc)
        await connection.executemany("INSERT INTO words (word, n, at) VALUES ($1, $2, $3)", [(f"w{i}", i, now) for i in range(200)])
        await connection.copy_records_to_table("words", records=[(f"c{i}", i) for i in range(1000)], columns=["word", "n"])

    async def look(i):
        async with pool.acquire() as connection:
            return await connection.fetchval("SELECT n FROM words WHERE word = $1", f"w{i}")

    assert await asyncio.gather(*(look(i) for i in range(50))) == list(range(50))
    async with pool.acquire() as connection:
        async with connection.transaction():
            count = 0
            async for _ in connection.cursor("SELECT * FROM words"):
                count += 1
            assert count == 1200, count
        try:
            async with connection.transaction():
                await connection.execute("INSERT INTO words (word) VALUES ('gone')")
                await connection.execute("SELECT 1 / 0")
        except asyncpg.DivisionByZeroError:
            pass
        assert await connection.fetchval("SELECT count(*) FROM words") == 1200
        heard = asyncio.Event()
        await connection.add_listener("news_async", lambda *_: heard.set())
        async with pool.acquire() as other:
            await other.execute("NOTIFY news_async, 'x'")
        await asyncio.wait_for(heard.wait(), 30)
        try:
            await connection.execute("SELECT count(*) FROM generate_series(1, 1000000000)", timeout=0.5)
            raise AssertionError("not cancelled")
        except asyncio.TimeoutError:
            pass
        assert await connection.fetchval("SELECT 1") == 1
        await connection.execute(f"DROP SCHEMA {schema} CASCADE")
    await pool.close()


if client == "psycopg":
    check_psycopg()
else:
    asyncio.run(check_asyncpg())
print(f"# {client}: all of it")
