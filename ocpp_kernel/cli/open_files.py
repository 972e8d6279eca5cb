"""As many connections as the system allows, and a sentence where it allows no more."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import sys
from collections.abc import Callable
from typing import Any

#: Files wanted at most; each connection is one.
MOST = 65536

#: Seconds until it is said again that there are too few.
PAUSE = 60.0


def raise_limit() -> None:
    """Many systems start programs with 1024 open files, and allow many more to those who ask."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY in (soft, hard):
        return
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, MOST)), hard))


class Shortage:
    """An event loop's exception handler: says that files ran out, and leaves the rest to asyncio.

    asyncio goes on by itself, and tells of every single attempt with a traceback.
    """

    def __init__(self, tell: Callable[[str, str], None]) -> None:
        self._tell = tell
        self._told: float | None = None

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """See :meth:`asyncio.loop.set_exception_handler`."""
        if getattr(context.get("exception"), "errno", None) not in (errno.EMFILE, errno.ENFILE):
            loop.default_exception_handler(context)
        elif self._told is None or loop.time() - self._told >= PAUSE:
            self._told = loop.time()
            self._tell(
                "error",
                "too many files are open to take another connection; allow more, "
                "as by ulimit -n or LimitNOFILE",
            )
