"""The database: its tables, how they came to be, and what to do where it fails."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from ocpp_kernel.store import StoreError

#: What tells a file of ours from any other SQLite database: "ocpp".
APPLICATION_ID: Final = 0x6F637070

#: Seconds to wait for another program that writes to the file.
PATIENCE: Final = 5.0

#: What makes each version of the tables from the one before; the last is the current one. Steps
#: are added at the end, and never changed once a release had them.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE documents (book TEXT NOT NULL, key TEXT NOT NULL, content TEXT NOT NULL, "
        "PRIMARY KEY (book, key)) WITHOUT ROWID",
        "CREATE TABLE entries (number INTEGER PRIMARY KEY, book TEXT NOT NULL, key TEXT NOT NULL, "
        "content TEXT NOT NULL)",
        "CREATE INDEX entries_of ON entries (book, key, number)",
    ),
)

#: By the beginning of SQLite's name of a fault: what to do about it.
REMEDIES: Final = {
    "SQLITE_BUSY": "another program is writing to it; let that finish",
    "SQLITE_CANTOPEN": "its folder must be there, and this user must be allowed to write to it",
    "SQLITE_CORRUPT": "put back a copy, or move it away: what it held is then forgotten",
    "SQLITE_FULL": "make room on its disk",
    "SQLITE_IOERR": "see to its disk",
    "SQLITE_LOCKED": "another program is writing to it; let that finish",
    "SQLITE_NOTADB": "name another file in central_system.central_store.file, or move it away",
    "SQLITE_READONLY": "this user must be allowed to write to it and to its folder",
}

PUT: Final = "INSERT OR REPLACE INTO documents (book, key, content) VALUES (?, ?, ?)"
APPEND: Final = "INSERT INTO entries (book, key, content) VALUES (?, ?, ?)"
TRIM: Final = (
    "DELETE FROM entries WHERE book = ? AND key = ? AND number <= (SELECT number FROM entries "
    "WHERE book = ? AND key = ? ORDER BY number DESC LIMIT 1 OFFSET ?)"
)
REMOVE: Final = "DELETE FROM documents WHERE book = ? AND key = ?"
REMOVE_ENTRIES: Final = "DELETE FROM entries WHERE book = ? AND key = ?"


class Change(NamedTuple):
    """One of the statements above, and its values."""

    statement: str
    values: tuple[str | int, ...]


class Database:
    """One file. Every method raises StoreError, naming the file, the fault and the remedy.

    A central system has it for itself: a second one would give the same ids to other transactions.
    Others may read it meanwhile.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: sqlite3.Connection | None = None
        self._claim: sqlite3.Connection | None = None

    def open(self) -> None:
        """Opens the file, made or brought to the current version if need be."""
        with self._whole():
            self._claim = self._claimed()
            self._file = _connected(self.path, PATIENCE)
            version = self._version(self._file)
            # Others may read meanwhile; and of what is committed nothing is lost when power fails.
            self._file.execute("PRAGMA journal_mode = WAL")
            self._file.execute("PRAGMA synchronous = EXTRA")
            _migrate(self._file, version)

    def open_to_read(self) -> None:
        """Opens a file that is there and changes nothing; a central system may have it."""
        if not self.path.exists():
            raise StoreError(f"{self.path} is not there; a central system makes it when it starts")
        with self._whole():
            uri = f"{self.path.absolute().as_uri()}?mode=ro"
            self._file = sqlite3.connect(uri, PATIENCE, isolation_level=None, uri=True)
            if self._version(self._file) != len(MIGRATIONS):
                raise StoreError(
                    f"{self.path} is of an older version; a central system brings it up to date "
                    "when it starts"
                )

    def close(self) -> None:
        """Lets go of the file. Harmless if said again."""
        for connection in (self._file, self._claim):
            if connection is not None:
                connection.close()
        self._file = self._claim = None

    def write(self, changes: Iterable[Change]) -> None:
        """Makes all of these changes for good, or none."""
        try:
            with _transaction(self._opened()) as file:
                for statement, values in changes:
                    file.execute(statement, values)
        except sqlite3.Error as error:
            raise self._fault(error) from error

    def documents(self, book: str) -> Iterator[tuple[str, str]]:
        """Keys and contents of a book."""
        yield from self._rows("SELECT key, content FROM documents WHERE book = ?", book)

    def entries(self, book: str) -> Iterator[tuple[str, str]]:
        """Keys and contents of what was added to a book, oldest first."""
        yield from self._rows(
            "SELECT key, content FROM entries WHERE book = ? ORDER BY number", book
        )

    def _rows(self, query: str, book: str) -> Iterator[tuple[str, str]]:
        try:
            cursor = self._opened().execute(query, (book,))
            while rows := cursor.fetchmany(1000):
                yield from rows
        except sqlite3.Error as error:
            raise self._fault(error) from error

    @contextmanager
    def _whole(self) -> Generator[None, None, None]:
        """Nothing stays half open."""
        try:
            yield
        except sqlite3.Error as error:
            self.close()
            raise self._fault(error) from error
        except StoreError:
            self.close()
            raise

    def _opened(self) -> sqlite3.Connection:
        if self._file is None:
            raise StoreError(f"{self.path} is not open")
        return self._file

    def _claimed(self) -> sqlite3.Connection:
        """Shows others that the file is taken, also if this process is killed without warning."""
        connection = _connected(Path(f"{self.path}-claim"), 1.0)
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            connection.close()
            if not _named(error).startswith("SQLITE_BUSY"):
                raise
            raise StoreError(
                f"{self.path} is in use by another central system; stop that one, or name another "
                "file in central_system.central_store.file"
            ) from error
        return connection

    def _version(self, file: sqlite3.Connection) -> int:
        """Of the tables in it, 0 for none; a file that is not ours is not changed."""
        owner, version = _one(file, "PRAGMA application_id"), _one(file, "PRAGMA user_version")
        if owner != APPLICATION_ID and _one(file, "SELECT count(*) FROM sqlite_schema"):
            raise StoreError(
                f"{self.path} is the database of another program; name another file in "
                "central_system.central_store.file"
            )
        if version > len(MIGRATIONS):
            raise StoreError(
                f"{self.path} was written by a newer ocpp-kernel (version {version} of its tables; "
                f"this one knows {len(MIGRATIONS)}); pip install --upgrade ocpp-kernel"
            )
        return version

    def _fault(self, error: sqlite3.Error) -> StoreError:
        remedies = [text for name, text in REMEDIES.items() if _named(error).startswith(name)]
        return StoreError("; ".join([f"{self.path}: {error}", *remedies]))


@contextmanager
def reading(path: Path) -> Generator[Database, None, None]:
    """The file for reading only, while a central system may have it; raises StoreError."""
    database = Database(path)
    database.open_to_read()
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _transaction(file: sqlite3.Connection) -> Generator[sqlite3.Connection, None, None]:
    """Commits what is done within, or takes all of it back."""
    file.execute("BEGIN IMMEDIATE")
    try:
        yield file
        file.execute("COMMIT")
    finally:
        if file.in_transaction:
            file.execute("ROLLBACK")


def _connected(path: Path, patience: float) -> sqlite3.Connection:
    # One thread at a time uses it: that which opens and reads it, then the one that writes.
    return sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)


def _migrate(file: sqlite3.Connection, version: int) -> None:
    """Takes every step from a version to the current one, each whole or not at all."""
    for number, statements in enumerate(MIGRATIONS[version:], version + 1):
        with _transaction(file):
            for statement in statements:
                file.execute(statement)
            file.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            file.execute(f"PRAGMA user_version = {number}")


def _one(file: sqlite3.Connection, query: str) -> int:
    return int(file.execute(query).fetchone()[0])


def _named(error: sqlite3.Error) -> str:
    """SQLite's name of the fault, "" for one of Python's own."""
    return str(getattr(error, "sqlite_errorname", ""))
