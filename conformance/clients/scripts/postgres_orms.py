"""SQLAlchemy with Alembic, and Django, on psycopg. Called as: script.py URL SCHEMA NAME"""
import sys

url, schema, name = sys.argv[1:]


def admin(statement):
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def check_sqlalchemy():
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from sqlalchemy import BigInteger, Column, Enum, ForeignKey, Integer, MetaData, String, create_engine, func, inspect, select, text
    from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID, insert
    from sqlalchemy.exc import IntegrityError
    from sqlalchemy.orm import Session, declarative_base, relationship, selectinload

    engine = create_engine(
        url.replace("postgres://", "postgresql+psycopg://"),
        pool_size=3,
        connect_args={"options": f"-c search_path={schema}"},
    )
    Base = declarative_base(metadata=MetaData())

    class Word(Base):
        __tablename__ = "words"
        id = Column(Integer, primary_key=True)
        key = Column(UUID, server_default=func.gen_random_uuid())
        word = Column(String(40), unique=True, nullable=False)
        n = Column(BigInteger, index=True)
        mood = Column(Enum("sad", "ok", name="mood"))
        tags = Column(ARRAY(String))
        doc = Column(JSONB)
        notes = relationship("Note", back_populates="word")

    class Note(Base):
        __tablename__ = "notes"
        id = Column(Integer, primary_key=True)
        word_id = Column(ForeignKey("words.id", ondelete="CASCADE"))
        text = Column(String)
        word = relationship("Word", back_populates="notes")

    Base.metadata.create_all(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        # The catalogs say what was made.
        assert compare_metadata(context, Base.metadata) == []
        Operations(context).add_column("words", Column("price", Integer))
        changes = compare_metadata(context, Base.metadata)
        assert [change[0] for change in changes] == ["remove_column"], changes
    with Session(engine) as session:
        session.add_all(Word(word=f"w{n}", n=2**60 + n, mood="ok", tags=["a", "b"], doc={"k": n}) for n in range(300))
        session.flush()
        session.add(Note(text="first", word=session.scalars(select(Word).where(Word.doc["k"].as_integer() == 7)).one()))
        session.commit()
        found = session.scalars(select(Word).join(Note).options(selectinload(Word.notes))).one()
        assert (found.word, found.n, found.tags, found.notes[0].text) == ("w7", 2**60 + 7, ["a", "b"], "first")
        upsert = insert(Word).values(word="w7", n=7).on_conflict_do_update(index_elements=[Word.word], set_={"n": 7})
        assert session.execute(upsert.returning(Word.id)).scalar_one() == found.id
        try:
            with session.begin_nested():
                session.add(Word(word="w8"))
        except IntegrityError as error:
            assert error.orig.sqlstate == "23505"
        session.commit()
        streamed = session.execute(select(Word.n).execution_options(yield_per=70)).all()
        assert len(streamed) == 300
    with engine.connect().execution_options(isolation_level="SERIALIZABLE") as connection:
        assert connection.execute(text("SHOW transaction_isolation")).scalar() == "serializable"
    looks = inspect(engine)
    assert set(looks.get_table_names(schema=schema)) == {"words", "notes"}
    assert looks.get_foreign_keys("notes", schema=schema)[0]["referred_table"] == "words"
    engine.dispose()
    return "autogenerate, relations, upsert, savepoints, streams"


def check_django():
    from urllib.parse import urlsplit

    import django
    from django.conf import settings

    at = urlsplit(url)
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": at.path[1:],
                "USER": at.username,
                "HOST": at.hostname,
                "PORT": at.port,
                "OPTIONS": {"options": f"-c search_path={schema}"},
            }
        },
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.postgres"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()
    from django.contrib.auth.models import Group, User
    from django.core.management import call_command
    from django.db import IntegrityError, connection, transaction
    from django.db.models import Count

    call_command("migrate", verbosity=0)
    call_command("migrate", verbosity=0, check_unapplied=True)
    group = Group.objects.create(name="team")
    User.objects.bulk_create([User(username=f"u{n}") for n in range(100)])
    for user in User.objects.filter(username__in=["u1", "u2"]):
        user.groups.add(group)
    assert Group.objects.annotate(n=Count("user")).get().n == 2
    try:
        with transaction.atomic():
            User.objects.create(username="u1")
    except IntegrityError:
        pass
    with transaction.atomic():
        assert User.objects.select_for_update().get(username="u1").username == "u1"
    assert sum(1 for _ in User.objects.iterator(chunk_size=30)) == 100
    assert "auth_user" in connection.introspection.table_names()
    connection.close()
    return "migrations, select_for_update, server-side cursors"


admin(f"CREATE SCHEMA {schema}")
print("#", {"sqlalchemy": check_sqlalchemy, "django": check_django}[name]())
admin(f"DROP SCHEMA {schema} CASCADE")
