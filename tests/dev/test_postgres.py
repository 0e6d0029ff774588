"""Each test on PostgreSQL has a database of its own."""

from __future__ import annotations

from sqlalchemy import create_engine, text

from dev.postgres import scratch_database


def test_a_scratch_database_is_empty_and_its_own(postgres: str) -> None:
    with scratch_database(postgres) as other:
        engine = create_engine(other)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE things (id int)"))
        engine.dispose()

        with create_engine(postgres).connect() as connection:
            tables = connection.execute(text("SELECT * FROM pg_tables WHERE schemaname='public'"))

            assert tables.all() == []
