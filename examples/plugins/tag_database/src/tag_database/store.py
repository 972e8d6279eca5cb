"""The database: one table of idTags, compared without case (CORE-005).

Every call opens the file anew, so that any thread may call, and an operator may write while the
central system reads.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

#: Seconds to wait for another process that writes.
PATIENCE = 2.0

_TABLE = """
CREATE TABLE IF NOT EXISTS tags (
    id_tag TEXT PRIMARY KEY COLLATE NOCASE,
    status TEXT NOT NULL,
    parent TEXT,
    expiry INTEGER,
    offline INTEGER NOT NULL
)
"""


class TagStoreError(Exception):
    """The database cannot be used; the text says which and why."""


class Tag(NamedTuple):
    """One idTag. ``expiry`` is in seconds since 1970 UTC, None for never.

    ``offline``: whether it belongs in the local list of charge points.
    """

    id_tag: str
    status: str = "Accepted"
    parent: str | None = None
    expiry: int | None = None
    offline: bool = False


class TagStore:
    """The tags of one file. Every method raises TagStoreError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def prepare(self) -> None:
        """Makes the file and its table where they are not there yet."""
        with self._open() as connection:
            # Readers are not kept waiting by whoever writes.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(_TABLE)

    def find(self, id_tag: str) -> Tag | None:
        """What is known of an idTag."""
        with self._open() as connection:
            row = connection.execute("SELECT * FROM tags WHERE id_tag = ?", (id_tag,)).fetchone()
        return None if row is None else _tag(row)

    def all(self, *, offline: bool = False) -> list[Tag]:
        """Every tag, or those for local lists only, by name."""
        with self._open() as connection:
            rows = connection.execute(
                "SELECT * FROM tags WHERE offline >= ? ORDER BY id_tag", (int(offline),)
            ).fetchall()
        return [_tag(row) for row in rows]

    def put(self, tag: Tag) -> None:
        """Adds a tag, or replaces what was known of it."""
        with self._open() as connection:
            connection.execute("REPLACE INTO tags VALUES (?, ?, ?, ?, ?)", tag)

    def remove(self, id_tag: str) -> bool:
        """Takes a tag out; whether it was there."""
        with self._open() as connection:
            done = connection.execute("DELETE FROM tags WHERE id_tag = ?", (id_tag,))
            return done.rowcount > 0

    @contextmanager
    def _open(self) -> Generator[sqlite3.Connection, None, None]:
        try:
            with closing(sqlite3.connect(self.path, timeout=PATIENCE)) as connection, connection:
                yield connection
        except sqlite3.Error as error:
            raise TagStoreError(f"{self.path}: {error}") from error


def _tag(row: tuple[str, str, str | None, int | None, int]) -> Tag:
    return Tag(*row[:4], offline=bool(row[4]))
