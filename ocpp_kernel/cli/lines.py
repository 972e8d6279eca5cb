"""Lines typed at a command while it runs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Callable

#: Bytes read at once, and of the longest line taken: a list of a thousand idTags fits.
_PIECE = 65536
_LONGEST = 1 << 20


def read_lines(take: Callable[[str], None]) -> None:
    """Has ``take`` called, in the event loop, with every line typed."""
    try:
        descriptor = sys.stdin.fileno()
    except (AttributeError, OSError):
        return  # There is no console, as in a service.
    loop = asyncio.get_running_loop()
    # A thread, since a file that is no pipe cannot be waited for; unbuffered, so that it does not
    # hold a lock of the interpreter's when the program ends.
    threading.Thread(target=_read, args=(descriptor, loop, take), daemon=True).start()


def _read(descriptor: int, loop: asyncio.AbstractEventLoop, take: Callable[[str], None]) -> None:
    rest = b""
    with contextlib.suppress(RuntimeError, OSError):  # the loop, or the console, is gone
        while data := os.read(descriptor, _PIECE):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                loop.call_soon_threadsafe(take, line.decode(errors="replace").strip())
            rest = rest[-_LONGEST:]
        loop.call_soon_threadsafe(take, rest.decode(errors="replace").strip())
