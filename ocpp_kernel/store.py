"""What must survive a power cut: named values and append-only journals. Portable.

A file holds one record a line, `<newline><6 hex digits><JSON>`; the digits are a checksum of the
JSON. The newline comes first, so that a record written after a torn one is still whole. A value
is a journal of one record. Replacing a file goes through a second one:

    NAME.tmp    being written; worthless after a crash
    NAME.new    complete, and newer than NAME; only while renaming takes more than one step
    NAME.bad    what was in NAME when damage was found in it, kept for a human

A crash at any byte leaves the old content or the new one, never a mixture, and an append that
was cut leaves every earlier record intact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from ocpp_kernel.frames import Codec

    class FileSystem(Protocol):
        """The part of `os` (or `uos`) a store needs."""

        def listdir(self, path: str, /) -> list[str]: ...

        def mkdir(self, path: str, /) -> object: ...

        def remove(self, path: str, /) -> object: ...

        def rename(self, old: str, new: str, /) -> object: ...


_ENOENT = 2
_ENOSPC = 28
_NAME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
#: Bytes of the longest record; a longer line is damage, and must not fill the memory.
MAX_RECORD = 32768
#: Bytes read at a time: MicroPython's readline takes memory for as much as it may return.
_PIECE = 512


class StoreError(Exception):
    """The storage failed: nothing can be said about what it holds until it works again."""


class StoreFull(StoreError):
    """There is no room left. What was stored before is intact.

    An append that failed so may yet be found when the journal is read: a reader that must not
    see a record twice needs a number of its own in each.
    """


class Store(Protocol):
    """Named values and journals; names consist of letters, digits, `_` and `-`.

    Values and records are anything JSON can hold. A name is either a value or a journal.
    Every method raises StoreError if the storage fails, StoreFull if it has no room.
    """

    def load(self, name: str) -> Any:
        """The value last saved, None if there is none."""

    def save(self, name: str, value: Any) -> None:
        """Replace the value, all or nothing. An equal value is not written again (flash wears)."""

    def append(self, name: str, record: Any) -> None:
        """Add a record to the end of a journal."""

    def records(self, name: str) -> Iterator[Any]:
        """Every intact record of a journal, oldest first.

        Finish with the iterator before writing under the same name.
        """

    def locate(self, name: str) -> Iterator[tuple[int, Any]]:
        """As :meth:`records`, each with its place: what :meth:`fetch` finds it by."""

    def fetch(self, name: str, place: int) -> Any:
        """The record at a place, without reading those before it; for journals too big to hold.

        A place is right until the journal is rewritten or deleted. Raises StoreError where no
        intact record is there.
        """

    def rewrite(self, name: str, records: Iterable[Any]) -> None:
        """Replace a whole journal, all or nothing.

        ``records`` may read the same journal as they are made, to its end.
        """

    def delete(self, name: str) -> None:
        """Forget the value or journal; fine if there is none."""


def checksum(data: bytes) -> int:
    """24 bits that change with any single byte. Small integers only: crc32 may be missing."""
    value = len(data) & 0xFFFFFF
    for byte in data:
        value = (value * 31 + byte) & 0xFFFFFF
    return value


def _read_line(file: BinaryIO) -> bytes:
    """A line, or the first MAX_RECORD bytes of a longer one; b"" at the end."""
    line = piece = file.readline(_PIECE)
    if len(piece) == _PIECE:
        pieces = [piece]
        size = _PIECE
        while len(piece) == _PIECE and piece[-1] != 10 and size < MAX_RECORD:
            piece = file.readline(_PIECE)
            pieces.append(piece)
            size += len(piece)
        line = b"".join(pieces)
    return line


class FileStore:
    """A Store in one folder, for CPython's files and a module's flash alike.

    The folder is made when it is missing, also when it vanishes while running.
    """

    def __init__(
        self,
        fs: FileSystem,
        codec: Codec,
        folder: str,
        opener: Callable[[str, str], Any],
        report: Callable[[str], object],
        sync: Callable[[BinaryIO], object] | None = None,
        sync_folder: Callable[[str], object] | None = None,
    ) -> None:
        """opener: `open`. report(sentence) hears of damage found.

        sync(file) makes written bytes lasting where closing the file alone does not;
        sync_folder(path) does so for renames and new files. Flash file systems need neither.
        A replacement that was cut and can be neither finished nor undone is reported; until it
        can, whatever needs the folder raises StoreError.
        """
        self._fs = fs
        self._codec = codec
        self._folder = folder.rstrip("/") or "/"
        self._open = opener
        self._report = report
        self._sync = sync
        self._sync_folder = sync_folder
        self._damaged: set[str] = set()
        # Whether a NAME.new or NAME.tmp may be lying about, which must be dealt with first.
        self._unsettled = True
        try:
            self._settle()
        except StoreError as error:
            report(str(error))

    def load(self, name: str) -> Any:
        """See Store. A file without one intact record is set aside as NAME.bad."""
        value = None
        found = False
        for record in self.records(name):
            value = record
            found = True
        if not found and name in self._damaged:
            self._set_aside(self._path(name))
            self._damaged.discard(name)
        return value

    def save(self, name: str, value: Any) -> None:
        """See Store."""
        line = self._line(value)
        if not self._holds(self._path(name), line):
            self._replace(name, (line,))

    def append(self, name: str, record: Any) -> None:
        """See Store."""
        self._settle()
        self._write(name, self._path(name), "ab", (self._line(record),))

    def records(self, name: str) -> Iterator[Any]:
        """See Store. Damaged lines are reported and passed over."""
        for located in self.locate(name):
            yield located[1]

    def locate(self, name: str) -> Iterator[tuple[int, Any]]:
        """See Store. Damaged lines are reported and passed over."""
        path = self._path(name)
        self._settle()
        try:
            file = self._open(path, "rb")
        except OSError as error:
            if error.args[0] == _ENOENT:
                return
            raise StoreError(f"{path} cannot be read: {error}") from error
        try:
            place = 0
            line = _read_line(file)
            while line:
                if len(line) > 1:
                    record = self._parse(name, line)
                    if record is not None:
                        yield place, record[0]
                place += len(line)
                line = _read_line(file)
        except OSError as error:
            raise StoreError(f"{path} cannot be read: {error}") from error
        finally:
            file.close()

    def fetch(self, name: str, place: int) -> Any:
        """See Store."""
        path = self._path(name)
        self._settle()
        try:
            file = self._open(path, "rb")
            try:
                file.seek(place)
                line = _read_line(file)
            finally:
                file.close()
        except OSError as error:
            raise StoreError(f"{path} cannot be read: {error}") from error
        record = self._parse(name, line)
        if record is None:
            raise StoreError(f"{path} has no intact record at {place}")
        return record[0]

    def rewrite(self, name: str, records: Iterable[Any]) -> None:
        """See Store. Damaged lines of the old journal are kept in NAME.bad."""
        self._replace(name, (self._line(record) for record in records))

    def delete(self, name: str) -> None:
        """See Store."""
        path = self._path(name)
        self._settle()
        try:
            self._remove(path)
        except OSError as error:
            raise StoreError(f"{path} cannot be removed: {error}") from error

    def _path(self, name: str) -> str:
        for character in name:
            if character not in _NAME:
                raise ValueError(f"store name {name!r}: only letters, digits, '_' and '-'")
        if not name:
            raise ValueError("a store name is empty")
        return f"{self._folder}/{name}"

    def _line(self, record: Any) -> bytes:
        data = self._codec.dumps(record).encode()
        if len(data) > MAX_RECORD - 16:
            raise ValueError(f"a record of {len(data)} bytes is too long to store")
        return f"\n{checksum(data):06x}".encode() + data

    def _parse(self, name: str, line: bytes) -> tuple[Any] | None:
        """The record of a line in a tuple, since it may be None itself; None if damaged."""
        data = line.rstrip(b"\n")
        body = data[6:]
        try:
            if int(data[:6].decode(), 16) == checksum(body):
                return (self._codec.loads(body.decode()),)
        except ValueError:
            pass  # neither digits, text nor JSON: damaged all the same, reported below
        self._damaged.add(name)
        self._report(f"{self._path(name)}: a damaged record of {len(line)} bytes was left out")
        return None

    def _holds(self, path: str, line: bytes) -> bool:
        """Whether the file consists of just this line."""
        try:
            file = self._open(path, "rb")
        except OSError:
            return False  # to be written anyway, where a real fault shows
        try:
            held: bytes = file.read(len(line) + 1)
            return held == line
        except OSError:
            return False
        finally:
            file.close()

    def _replace(self, name: str, lines: Iterable[bytes]) -> None:
        path = self._path(name)
        fresh = path + ".tmp"
        self._settle()
        try:
            self._write(name, fresh, "wb", lines)
        except StoreError:
            self._unsettled = True
            raise
        self._unsettled = True
        try:
            if name in self._damaged or not self._rename_onto(fresh, path):
                self._fs.rename(fresh, path + ".new")
                self._finish_replacing(path, name in self._damaged)
                self._damaged.discard(name)
            self._unsettled = False
            if self._sync_folder is not None:
                self._sync_folder(self._folder)
        except OSError as error:
            raise StoreError(f"{path} cannot be replaced: {error}") from error

    def _rename_onto(self, fresh: str, path: str) -> bool:
        """False where the file system refuses to rename onto an existing file."""
        try:
            self._fs.rename(fresh, path)
        except OSError:
            return False
        return True

    def _finish_replacing(self, path: str, keep: bool) -> None:
        """From here on PATH.new counts, whatever happens."""
        if keep:
            self._set_aside(path)
        else:
            self._remove(path)
        self._fs.rename(path + ".new", path)

    def _set_aside(self, path: str) -> None:
        self._remove(path + ".bad")
        try:
            self._fs.rename(path, path + ".bad")
        except OSError as error:
            if error.args[0] != _ENOENT:
                raise
        self._report(f"{path}: the damaged file is kept as {path}.bad")

    def _remove(self, path: str) -> None:
        try:
            self._fs.remove(path)
        except OSError as error:
            if error.args[0] != _ENOENT:
                raise

    def _write(self, name: str, path: str, mode: str, lines: Iterable[bytes]) -> None:
        try:
            try:
                file = self._open(path, mode)
            except OSError as error:
                if error.args[0] != _ENOENT:
                    raise
                self._make_folder()
                file = self._open(path, mode)
            try:
                for line in lines:
                    file.write(line)
                file.flush()
                if self._sync is not None:
                    self._sync(file)
            finally:
                file.close()
            if self._sync_folder is not None and mode == "ab":
                self._sync_folder(self._folder)
        except OSError as error:
            if error.args[0] == _ENOSPC:
                raise StoreFull(f"no room left to write {name} in {self._folder}") from error
            raise StoreError(f"{path} cannot be written: {error}") from error

    def _make_folder(self) -> None:
        at = 0
        while at >= 0:
            at = self._folder.find("/", at + 1)
            try:  # noqa: SIM105  # no contextlib on a module
                self._fs.mkdir(self._folder if at < 0 else self._folder[:at])
            except OSError:
                pass  # it exists; or it cannot be made, which the write after this reports

    def _settle(self) -> None:
        """Finish or undo a replacement that was cut."""
        if not self._unsettled:
            return
        try:
            names = self._fs.listdir(self._folder)
        except OSError as error:
            if error.args[0] == _ENOENT:
                self._unsettled = False
                return
            raise StoreError(f"{self._folder} cannot be read: {error}") from error
        try:
            for name in names:
                path = f"{self._folder}/{name}"
                if name.endswith(".tmp"):
                    self._remove(path)
                elif name.endswith(".new"):
                    self._finish_replacing(path[:-4], False)
            self._unsettled = False
        except OSError as error:
            raise StoreError(f"{self._folder} cannot be put in order: {error}") from error
