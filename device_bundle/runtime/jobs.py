"""Downloads and uploads of a module, a few KB in each turn of the main loop. Portable.

A download is written to NAME.part in the data folder and becomes NAME.file when it is complete;
where it comes from stands in the store, so that it goes on after a cut connection, a restart or a
power cut. Memory: one piece at a time, and for an upload what waits to be sent. A module loads
this while `transfers.Transfers` has anything to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from device_bundle.runtime.files import RESERVE
from device_bundle.runtime.handshake import HandshakeError, basic_credentials, split
from device_bundle.runtime.http import Exchange, build_head, parse_address, redirected
from ocpp_kernel.store import StoreError

if TYPE_CHECKING:
    from device_bundle.runtime.transfers import Transfers

# Bytes moved at a time, and pieces in one turn at most.
_PIECE = 1024
_PIECES = 4
# Bytes of an upload that may wait to be sent.
_WINDOW = 4096
# Bytes of a download after which they are made to last; a multiple of a flash block.
_LASTING = 16384
# An attempt fails where it moves fewer bytes than these in so many seconds: a server that drips a
# byte now and then would keep it going for ever. Any radio link moves more.
_LEAST = 512
_PATIENCE = 30
_REDIRECTS = 5
_ENOSPC = 28


class Job:
    """One attempt. `fault` and `path` are final once `finished`."""

    def __init__(self, transfers: Transfers, url: str) -> None:
        self.finished = False
        self.fault = ""
        self.path = ""
        #: Of the file, where it is a download.
        self.name = ""
        self._transfers = transfers
        self._url = url
        self._exchange: Exchange | None = None
        self._give_up = 0
        #: What moved since the patience with it began anew.
        self._moved = 0

    def hungry(self) -> bool:
        """Whether an upload has room for another piece."""
        return False

    def cancel(self) -> None:
        """End it at once."""
        self.finished = True
        self.release()

    def release(self) -> None:
        """Let go of the connection."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.stream.close()

    def step(self, now: int) -> bool:
        """Go on a little; whether it moved something, or waited for it. Raises nothing."""
        try:
            moved = self._moved = self._moved + self.go_on()
            if moved >= _LEAST:
                # From the next look on: the step itself may have taken long, as connecting does.
                self._moved = self._give_up = 0
            elif not self._give_up:
                self._give_up = now + _PATIENCE
            elif now >= self._give_up:
                raise HandshakeError(
                    f"only {moved} bytes in {_PATIENCE} s"
                    if moved
                    else "the server does not answer in time"
                )
            return self.waits()
        except Exception as error:  # noqa: BLE001  # whoever asked for it hears of it
            self.fail(error)
            return True

    def go_on(self) -> int:
        """Do a little; how many bytes that moved, _LEAST for a step of another kind.

        Raises whatever ends the attempt.
        """
        raise NotImplementedError

    def waits(self) -> bool:
        """Whether `go_on` waits for the server where it has nothing to do."""
        return True

    def fail(self, error: Exception) -> None:
        """It is over; `fault` tells why."""
        code = error.args[0] if isinstance(error, OSError) and error.args else 0
        if isinstance(error, (HandshakeError, ValueError)):
            self.fault = f"{error}"
        else:
            self.fault = "no room left" if code == _ENOSPC else f"it broke off: {error!r}"
        self.cancel()

    def ask(self, method: str, headers: list[str]) -> Exchange:
        """Connect and send a request's head. Raises OSError, HandshakeError or ValueError."""
        transfers = self._transfers
        address = parse_address(self._url)
        if address.user:
            login = basic_credentials(address.user, address.password, transfers.to_base64)
            headers.append(f"Authorization: {login}")
        stream = transfers.dial(address.host, address.port, address.secure)
        exchange = self._exchange = Exchange(stream)
        stream.write(build_head(method, address, headers))
        return exchange


class Download(Job):
    """Fetches into NAME.part, which becomes NAME.file."""

    def __init__(self, transfers: Transfers, url: str, name: str) -> None:
        super().__init__(transfers, url)
        self.name = name
        self._origin_url = url
        self._base = f"{transfers.folder}/{name}"
        self._redirects = _REDIRECTS
        self._start = -1
        self._size = 0
        #: The size of the file a part of which is sent, 0 where it is not told.
        self._whole = 0
        self._file: Any = None

    def go_on(self) -> int:
        """See Job."""
        exchange = self._exchange
        if exchange is None:
            self._ask()
            return _LEAST
        if self._file is not None:
            return self._take(exchange, self._file)
        moved = exchange.poll()
        if exchange.status:
            self._answered(exchange)
            return _LEAST
        return moved

    def fail(self, error: Exception) -> None:
        """See Job. A part that left no room is of no use."""
        super().fail(error)
        if self.fault == "no room left":
            try:  # noqa: SIM105  # no contextlib on a module
                self._forget()
            except (OSError, StoreError):
                pass  # the flash is beyond this; the next attempt begins with it

    def release(self) -> None:
        """See Job."""
        super().release()
        file, self._file = self._file, None
        if file is not None:
            try:  # noqa: SIM105  # no contextlib on a module
                file.close()
            except OSError:
                pass  # what could not be written is fetched again

    def _ask(self) -> None:
        """For what is missing, if an earlier attempt left a part that can be known again."""
        headers = ["Accept-Encoding: identity"]  # without it a server may compress what it sends
        origin = self._transfers.store.load(self.name + "_origin")
        version = origin[1] if origin and origin[0] == self._origin_url else ""
        self._start = self._part_size() if version else 0
        if self._start:
            headers += [f"Range: bytes={self._start}-", f"If-Range: {version}"]
        self.ask("GET", headers)

    def _part_size(self) -> int:
        try:
            return int(self._transfers.fs.stat(self._base + ".part")[6])
        except OSError:
            return 0

    def _answered(self, exchange: Exchange) -> None:
        status = exchange.status
        if status in (301, 302, 303, 307, 308) and self._redirects:
            self._redirects -= 1
            self._url = redirected(self._url, exchange.headers.get("location", ""))
            self.release()
        elif status == 416 and self._start:
            # There is nothing from there on: what is here is no part of what is there now.
            self.release()
            self._forget()
        elif status == 206:
            span, _, whole = split(exchange.headers.get("content-range", ""), "/")
            if span[: span.find("-")] != f"bytes {self._start}":
                raise HandshakeError("the server sends another part than it was asked for")
            self._whole = int(whole) if whole.isdigit() else 0
            self._open(exchange)
        elif status == 200:
            self._start = self._whole = 0
            self._open(exchange)
        else:
            raise HandshakeError(f"the server answers HTTP {status}")

    def _open(self, exchange: Exchange) -> None:
        headers = exchange.headers
        version = headers.get("etag", "")
        if not version or version[:2] == "W/":
            version = headers.get("last-modified", "")
        if not self._start:
            self._forget()
        self._refuse_too_large(exchange.left() or 0)
        transfers = self._transfers
        transfers.store.save(self.name + "_origin", [self._origin_url, version])
        self._size = self._start
        self._file = transfers.open(self._base + ".part", "ab" if self._start else "wb")

    def _refuse_too_large(self, size: int) -> None:
        """Raises HandshakeError where that many bytes more do not fit."""
        flash = self._transfers.fs.statvfs(self._transfers.folder)
        free = flash[1] * flash[4] - RESERVE
        if size > free:
            self._forget()
            raise HandshakeError(f"{size} bytes are to come, only {max(free, 0)} are free")

    def _take(self, exchange: Exchange, file: Any) -> int:
        start = self._size
        for _ in range(_PIECES):
            piece = exchange.read(_PIECE)
            if piece is None:
                break
            if not piece:
                self._complete(file)
                break
            file.write(piece)
            before = self._size
            self._size += len(piece)
            if before // _LASTING != self._size // _LASTING:
                file.flush()
                if exchange.left() is None:
                    self._refuse_too_large(_LASTING)
            if len(piece) < _PIECE:
                break
        return self._size - start

    def _complete(self, file: Any) -> None:
        self._file = None  # some firmware has no file closed twice
        file.close()
        if self._size < self._whole:  # a server may send less than it was asked for
            raise HandshakeError(f"it ended after {self._size} of {self._whole} bytes")
        self.cancel()
        fs = self._transfers.fs
        path = self._base + ".file"
        self._transfers.remove(path)
        fs.rename(self._base + ".part", path)
        self._transfers.store.delete(self.name + "_origin")
        self.path = path

    def _forget(self) -> None:
        """What is here of it is of no use."""
        self._transfers.store.delete(self.name + "_origin")
        self._transfers.remove(self._base + ".part")


class Upload(Job):
    """Sends what it is fed; `size` bytes in all."""

    def __init__(self, transfers: Transfers, url: str, method: str, size: int) -> None:
        super().__init__(transfers, url)
        self._method = method.upper()
        self._size = size
        self._left = size
        self._waiting: list[bytes] = []
        self._count = 0
        #: What is being sent, and how much of it has been.
        self._piece = b""
        self._sent = 0
        self._refused = False

    def hungry(self) -> bool:
        """See Job."""
        return not self.finished and self._count < _WINDOW

    def feed(self, piece: bytes) -> None:
        """The next piece."""
        self._waiting.append(piece)
        self._count += len(piece)

    def waits(self) -> bool:
        """See Job."""
        return self._left == 0 or self._count > 0

    def go_on(self) -> int:
        """See Job."""
        exchange = self._exchange
        if exchange is None:
            if self._method not in ("PUT", "POST"):
                raise ValueError(f"upload_method must be PUT or POST, not {self._method}")
            headers = ["Content-Type: application/octet-stream", f"Content-Length: {self._size}"]
            self.ask(self._method, headers)
            return _LEAST
        if self._left:
            return self._send(exchange)
        moved = exchange.poll()
        if exchange.status:
            if self._refused or exchange.status // 100 != 2:
                raise HandshakeError(f"the server answers HTTP {exchange.status}")
            self.cancel()
        return moved

    def _send(self, exchange: Exchange) -> int:
        if self._sent == len(self._piece):
            self._piece = b"".join(self._waiting)
            self._waiting = []
            self._sent = 0
            if not self._piece:
                return _LEAST  # not fed yet: that is no fault of the server
        try:
            count = exchange.stream.send(memoryview(self._piece)[self._sent :])
        except OSError:
            # It may have been refused before its end: the answer tells.
            self._refused = True
            self._left = 0
            return _LEAST
        self._sent += count
        self._left -= count
        self._count -= count
        return count if self._left else _LEAST
