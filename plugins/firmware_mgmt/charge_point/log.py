"""What this charge point remembers of its doings, for GetDiagnostics; bounded. Portable.

Lines gather in memory and are stored a page at a time: flash wears. When there are too many pages
the oldest quarter goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ocpp_kernel import timestamps
from ocpp_kernel.store import StoreError
from ocpp_kernel.texts import cut

if TYPE_CHECKING:
    from ocpp_kernel.station import Station

FILE = "diagnostics"
#: Characters of a page and of a line.
PAGE = 2048
LINE = 200
#: Lines of the hardware's own log; they are in memory while they are sent.
COLLECTED = 64


class Log:
    """Takes every line of ``station.log`` from now on, beside what is :meth:`note`\\ d."""

    def __init__(self, station: Station, pages: int) -> None:
        #: While set, :meth:`lines` stay as they are: somebody reads them. See :meth:`freeze`.
        self.frozen = False
        #: What was in no page when that began, and what the hardware had to say.
        self._held: list[list[Any]] = []
        self._collected: list[str] = []
        self._station = station
        self._most = max(pages, 4)
        #: How many pages are stored; -1 until it is known.
        self._pages = -1
        #: The monotonic time and the text of what is in no page yet.
        self._lines: list[tuple[int, str]] = []
        self._size = 0
        self._write = station.log
        station.log = self._take

    def note(self, text: str) -> None:
        """Remembers a line."""
        text = cut(text, LINE)
        self._lines.append((self._station.now, text))
        self._size += len(text)
        if self._size > PAGE:
            self.spill()

    def spill(self) -> None:
        """Stores what is in memory. Where that fails or must not be, the older half is lost."""
        if not self._lines:
            return
        if not self.frozen:
            try:
                self._make_room()
                self._station.store.append(FILE, self._page())
            except StoreError as error:
                self._write("error", f"diagnostics could not be stored: {error}")
            else:
                self._pages += 1
                self._lines = []
                self._size = 0
                return
        if self._size > PAGE:
            del self._lines[: len(self._lines) // 2 + 1]
            self._size = sum([len(text) for _, text in self._lines])

    def freeze(self) -> None:
        """From now on, until :attr:`frozen` is taken back, nothing is added to :meth:`lines`."""
        self.spill()
        self._held = self._page()
        self._collected = self._collect()
        self.frozen = True

    def lines(self, start: int | None, stop: int | None) -> Iterator[str]:
        """What was noted from ``start`` to ``stop``, epoch seconds, oldest first (FW-016).

        What was noted while the time was not known is left out where a bound is given; what the
        hardware itself has logged comes last, and always. Raises StoreError.
        """
        for page in self._station.store.records(FILE):
            for at, text in page:
                if _within(at, start, stop):
                    yield _line(at, text)
        for at, text in self._held if self.frozen else self._page():
            if _within(at, start, stop):
                yield _line(at, text)
        for text in self._collected if self.frozen else self._collect():
            yield f"hardware: {text}\n"

    def _collect(self) -> list[str]:
        """The lines of the driver, if it has any (:class:`ocpp_kernel.driver.Witness`)."""
        collect = getattr(self._station.hooks.driver(), "collect_logs", None)
        try:
            return [] if collect is None else [cut(text, LINE) for text in collect()[-COLLECTED:]]
        except Exception as error:  # noqa: BLE001 - reported; the rest is wanted all the more
            self._write("error", f"the driver's log cannot be had: {error!r}")
            return []

    def _take(self, level: str, text: str) -> None:
        self._write(level, text)
        self.note(f"{level}: {text}")

    def _page(self) -> list[list[Any]]:
        return [[self._station.utc_at(now) or 0, text] for now, text in self._lines]

    def _make_room(self) -> None:
        store = self._station.store
        if self._pages < 0:
            self._pages = 0
            for _ in store.records(FILE):
                self._pages += 1
        if self._pages >= self._most:
            gone = self._pages - self._most + self._most // 4
            store.rewrite(FILE, self._kept(gone))
            self._pages -= gone

    def _kept(self, gone: int) -> Iterator[Any]:
        for page in self._station.store.records(FILE):
            gone -= 1
            if gone < 0:
                yield page


def _within(at: int, start: int | None, stop: int | None) -> bool:
    return (start is None or at >= start) and (stop is None or 0 < at <= stop)


def _line(at: int, text: str) -> str:
    return f"{timestamps.format(at) if at else '-'} {text}\n"
