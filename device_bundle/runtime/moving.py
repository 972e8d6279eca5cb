"""Gives the plugins of a module what moves files and installs images. Portable.

Of both, all but a little is loaded when it is needed: see `later`. In a bundle only where a plugin
asks for `station.shared["transfers"]`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import uos

from device_bundle.runtime import streams, tls
from device_bundle.runtime.installing import Installing
from device_bundle.runtime.transfers import Transfers

if TYPE_CHECKING:
    from collections.abc import Callable

    from device_bundle.runtime.board import Board
    from device_bundle.runtime.settings import Settings
    from ocpp_kernel.station import Station

# Where /usr/main.py leaves what it knows of apps that ended; the older one first.
_CRASHES = ("/usr/ocpp_crash.old", "/usr/ocpp_crash")


def offer(station: Station, settings: Settings, board: Board) -> Callable[[int], bool]:
    """Put them into `station.shared`; what the main loop is to call every turn.

    transfers   files to and from servers      installer   images
    crash_log   a function: why the app ended before, as text, a few KB at most
    """

    timeout = min(max(settings.connect_timeout, 1), 24)

    def dial(host: str, port: int, secure: bool) -> streams.SocketStream:
        wrap = tls.wrapper("", "", settings.file_server_certificate_sha256) if secure else None
        return streams.connect(host, port, timeout, wrap, board.feed)

    transfers = Transfers(settings.data_folder, station.store, uos, open, dial, board.to_base64)
    station.shared["transfers"] = transfers
    station.shared["installer"] = Installing(
        station, uos, open, settings.target, settings.trial_time
    )
    station.shared["crash_log"] = _crash_log
    return transfers.step


def _crash_log() -> str:
    text = ""
    for path in _CRASHES:
        try:
            with open(path) as file:  # noqa: PTH123  # no pathlib on a module
                text += file.read(4096)
        except (OSError, ValueError):
            pass  # nothing happened, nothing could be written, or what is there is no text
    return text
