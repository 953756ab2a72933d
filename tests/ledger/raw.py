"""Behind the ledger's back: what somebody with a database shell could try."""

import sqlite3

import psycopg


def run(url: str, *statements: str) -> None:
    """Run statements on the database of a ledger, as its owner would by hand."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as lite:
            for statement in statements:
                lite.execute(statement)
        lite.close()
        return
    with psycopg.connect(url) as connection:
        for statement in statements:
            connection.execute(statement.encode())


REFUSED = (sqlite3.DatabaseError, psycopg.DatabaseError)
