"""A picture of charging profiles and what they come to: SVG, with nothing but text."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from ocpp_kernel import timestamps

from .rules import PURPOSES
from .schedule import DEFAULT, MAX, ORIGIN, Profile, composite, look, measure

WIDTH, HEIGHT = 960, 400
LEFT, TOP, RIGHT, BOTTOM = 70, 48, 20, 40
LINE = 20
#: Between the dates of the time axis and the legend.
GAP = 14
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b", "#e377c2")
#: Seconds between labels of the time axis, the first that gives few enough is taken.
TICKS = (60, 300, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800)
MOST_TICKS = 13
MOST_PERIODS = 10_000


class View(NamedTuple):
    """What is drawn: times since ORIGIN, current in mA per phase, the unit ``A`` or ``W``."""

    connector_id: int
    at: int
    end: int
    began: int
    unit: str
    current: int
    phases: int
    voltage: int


#: From, to, and the limit in the unit drawn.
Step = tuple[int, int, float]


def draw(profiles: list[Profile], view: View) -> str:
    """The SVG text; ``profiles`` are those that are installed, highest rank first."""
    shown = [p for p in profiles if p.connector_id in (0, view.connector_id)]
    lines = [list(_alone(profile, view)) for profile in shown]
    whole = _together(profiles, view)
    top = max((limit for line in (*lines, whole) for _, _, limit in line), default=0.0) or 1.0
    plot = _Plot(view, top, HEIGHT + GAP + LINE * (len(shown) + 1))
    plot.axes()
    plot.area(whole)
    for number, (profile, line) in enumerate(zip(shown, lines, strict=True)):
        plot.line(line, COLOURS[number % len(COLOURS)], 2, "6 3")
        plot.legend(number + 1, COLOURS[number % len(COLOURS)], _name(profile))
    plot.line(whole, "#000000", 3)
    plot.legend(0, "#000000", "composite schedule")
    return plot.text()


def _name(profile: Profile) -> str:
    where = f"connector {profile.connector_id}" if profile.connector_id else "charge point"
    if profile.purpose == DEFAULT and not profile.connector_id:
        where = "all connectors"
    purpose = PURPOSES[profile.purpose]
    return f"{purpose} {profile.number}, stack level {profile.level}, {where}"


def _alone(profile: Profile, view: View) -> Iterator[Step]:
    """What a profile allows by itself; nothing where it is silent."""
    time = view.at
    while time < view.end:
        position, edge = look(profile, time, view.began)
        until = min(edge, view.end)
        if position >= 0:
            limit = measure(profile, position, view.voltage)
            if view.unit == "A":
                yield time, until, limit / (60 * view.voltage)
            else:
                yield time, until, limit * profile.periods[position + 2] / 60
        time = until


def _together(profiles: list[Profile], view: View) -> list[Step]:
    chain = [p for p in profiles if p.purpose != MAX and p.connector_id in (0, view.connector_id)]
    cap = [p for p in profiles if p.purpose == MAX]
    hardware = (view.current, view.phases, view.voltage)
    flat, end = composite(
        [(chain, view.began)], cap, view.at, view.end, hardware, view.unit, MOST_PERIODS
    )
    starts = [view.at + start for start in flat[::3]]
    limits = [limit / 10 for limit in flat[1::3]]
    return list(zip(starts, [*starts[1:], end], limits, strict=True))


class _Plot:
    """Collects the elements of one picture."""

    def __init__(self, view: View, top: float, height: int) -> None:
        self._view = view
        self._step = _nice(top / 5)
        self._top = self._step * (int(top / self._step - 1e-9) + 1)
        self._height = height
        self._parts: list[str] = []

    def text(self) -> str:
        view = self._view
        title = (
            f"Connector {view.connector_id} from {timestamps.format(view.at + ORIGIN)} "
            f"to {timestamps.format(view.end + ORIGIN)}"
        )
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self._height}" '
                f'width="{WIDTH}" height="{self._height}" font-family="sans-serif" font-size="12">',
                f"<title>{escape(title)}</title>",
                f'<rect width="{WIDTH}" height="{self._height}" fill="#ffffff"/>',
                f'<text x="{LEFT}" y="24" font-size="15">{escape(title)}</text>',
                *self._parts,
                "</svg>",
                "",
            ]
        )

    def axes(self) -> None:
        """The grid, with times below and limits to the left."""
        view = self._view
        unit = "A per phase" if view.unit == "A" else "W"
        self._label(LEFT, TOP - 8, unit, "start")
        for number in range(round(self._top / self._step) + 1):
            value = number * self._step
            y = self._y(value)
            self._grid(LEFT, y, WIDTH - RIGHT, y)
            self._label(LEFT - 6, y + 4, f"{value:g}", "end")
        span = view.end - view.at
        tick = next((t for t in TICKS if span / t <= MOST_TICKS), TICKS[-1])
        time = -(-view.at // tick) * tick
        while time <= view.end:
            x = self._x(time)
            self._grid(x, TOP, x, HEIGHT - BOTTOM)
            stamp = timestamps.format(time + ORIGIN)
            self._label(x, HEIGHT - BOTTOM + 16, stamp[11:16], "middle")
            if time % 86400 == 0:
                self._label(
                    x, HEIGHT - BOTTOM + 31, stamp[:10], "end" if x > WIDTH - 60 else "middle"
                )
            time += tick

    def area(self, steps: list[Step]) -> None:
        """What lies below the composite."""
        for start, end, limit in steps:
            x, y = self._x(start), self._y(limit)
            self._parts.append(
                f'<rect x="{x:.2f}" y="{y:.2f}" width="{self._x(end) - x:.2f}" '
                f'height="{self._y(0) - y:.2f}" fill="#000000" fill-opacity="0.07"/>'
            )

    def line(self, steps: list[Step], colour: str, width: int, dashes: str = "") -> None:
        """Steps as one line that is broken where there are gaps."""
        path: list[str] = []
        last = None
        for start, end, limit in steps:
            y = self._y(limit)
            path.append(f"{'L' if start == last else 'M'}{self._x(start):.2f} {y:.2f}")
            path.append(f"L{self._x(end):.2f} {y:.2f}")
            last = end
        if path:
            dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
            self._parts.append(
                f'<path d="{"".join(path)}" fill="none" stroke="{colour}" '
                f'stroke-width="{width}"{dashed}/>'
            )

    def legend(self, row: int, colour: str, text: str) -> None:
        y = HEIGHT + GAP + LINE * row
        self._parts.append(f'<rect x="{LEFT}" y="{y - 8}" width="24" height="4" fill="{colour}"/>')
        self._label(LEFT + 32, y - 2, text, "start")

    def _grid(self, x1: float, y1: float, x2: float, y2: float) -> None:
        self._parts.append(
            f'<path d="M{x1:.2f} {y1:.2f}L{x2:.2f} {y2:.2f}" stroke="#dddddd" fill="none"/>'
        )

    def _label(self, x: float, y: float, text: str, anchor: str) -> None:
        self._parts.append(
            f'<text x="{x:.2f}" y="{y:.2f}" text-anchor="{anchor}">{escape(text)}</text>'
        )

    def _x(self, time: int) -> float:
        view = self._view
        share = (time - view.at) / (view.end - view.at)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def _y(self, limit: float) -> float:
        return HEIGHT - BOTTOM - limit / self._top * (HEIGHT - TOP - BOTTOM)


def _nice(step: float) -> float:
    """The next larger of 1, 2, 5, 10, 20 ... and their tenths."""
    unit = 0.1
    while True:
        for factor in (1, 2, 5):
            if unit * factor >= step:
                return unit * factor
        unit *= 10
