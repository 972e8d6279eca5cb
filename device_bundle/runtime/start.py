"""What the bundle's app module calls: builds the station of a module and runs it. Portable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ujson
import uos
import utime

from device_bundle.runtime import streams, tls
from device_bundle.runtime.board import Board
from device_bundle.runtime.clock import Clock
from device_bundle.runtime.codec import Codec
from device_bundle.runtime.connector import Connector
from device_bundle.runtime.loop import Loop
from device_bundle.runtime.pinning import security
from ocpp_kernel.station import Station
from ocpp_kernel.store import FileStore, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from device_bundle.runtime.settings import Settings

# Seconds after which a start counts as a success.
_PROVEN = 300
# Name in the store under which a restart leaves its kind for the start after it.
_RESTART = "restart"


def run(
    install: Callable[[Station], object],
    settings: Settings,
    offer: Callable[[Station, Settings, Board], Callable[[int], bool]] | None = None,
) -> None:
    """Run the charge point until it restarts the module; returns only where that fails.

    install(station) makes the plugins' role objects and calls `station.install(...)`. offer, see
    `moving.offer`, gives them what not every bundle has. Raises ValueError for settings that
    cannot be used. State that cannot be read or written is reported and done without.
    """
    board = Board(settings.watchdog, settings.console)
    clock = Clock(utime.ticks_ms, utime.ticks_diff, utime.sleep_ms)
    identity = settings.identity or board.imei
    connector = Connector(
        settings, identity, _dialler(settings, board), board.random, board.sha1, board.to_base64
    )
    codec = Codec(ujson.loads, ujson.dumps)

    def report(text: str) -> None:
        board.log("error", text)

    store = FileStore(uos, codec, settings.data_folder, open, report)
    station = Station(identity, codec, store, board.log)
    work = None if offer is None else offer(station, settings, board)
    install(station)
    station.start(clock.now(), _cause(store, board))
    station.after(_PROVEN, _forget_starts)
    kind = Loop(station, clock, board, connector, settings, work).run()
    board.log("info", f"{kind} restart")
    if station.exit is not None:
        _forget_starts()
    _note_cause(store, kind, report)
    board.restart()


def _cause(store: FileStore, board: Board) -> str:
    """Why the software starts: the kind of restart it asked for itself, else what the module says.

    The latter also where the store fails.
    """
    try:
        kind = store.load(_RESTART)
        if kind:
            store.delete(_RESTART)
            return str(kind)
    except StoreError as error:
        board.log("error", str(error))
    return "Watchdog" if board.woken_by_watchdog() else "PowerUp"


def _note_cause(store: FileStore, kind: str, report: Callable[[str], object]) -> None:
    try:
        store.save(_RESTART, kind)
    except StoreError as error:
        report(str(error))


def _forget_starts() -> None:
    """Clear the count of failed starts that `/usr/main.py` keeps."""
    try:  # noqa: SIM105  # no contextlib on a module
        uos.remove("/usr/ocpp_starts")
    except OSError:
        pass  # another main.py, or a wiped folder: nothing to clear


def _dialler(settings: Settings, board: Board) -> Callable[[str, int, bool], Any]:
    timeout = min(max(settings.connect_timeout, 1), 24)
    board.log(*security(settings))
    wrap = None
    if settings.url[:4].lower() == "wss:":
        wrap = tls.wrapper(
            settings.client_certificate, settings.client_key, settings.server_certificate_sha256
        )

    def dial(host: str, port: int, secure: bool) -> Any:
        return streams.connect(host, port, timeout, wrap if secure else None, board.feed)

    return dial
