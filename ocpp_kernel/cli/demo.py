"""``ocpp-kernel demo``: a charge point made for a module charges a car, from bundle to bill.

Everything happens on this computer: the charge point is bundled, runs under MicroPython with the
heap of a module, and talks over a socket to a central system in this process. What it does is
typed at its console; what is waited for are the events any plugin would see.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import click
from rich.table import Table
from rich.text import Text

from ocpp_kernel.build import build_central
from ocpp_kernel.central import Central
from ocpp_kernel.cli import report
from ocpp_kernel.cli.acts import Act, ActingCommand
from ocpp_kernel.cli.bundle import load_bundler
from ocpp_kernel.cli.console import note, output, plain
from ocpp_kernel.cli.framelog import FrameLog, show
from ocpp_kernel.cli.options import run_until_stopped
from ocpp_kernel.cli.serve import fast_time
from ocpp_kernel.config import Config, load_config
from ocpp_kernel.transports.clock import Clock
from ocpp_kernel.transports.websocket_server import WebSocketServer

#: Seconds a step may take; far more than it does, so that only a fault exceeds it.
PATIENCE = 60
#: How long the car charges, in simulated seconds.
CHARGING = 300
#: A line of a device's log that tells of a fault: seconds, level, text.
_FAULT = re.compile(r"\d+ error |the app failed: ")
_CRASH = "the app failed: "


class Failed(click.ClickException):
    """A step did not come to its end."""

    def __init__(self, step: str, why: str) -> None:
        super().__init__(f"the demo failed while {step}: {why}")


class Step(NamedTuple):
    """Something that happens: a line for the charge point's console, and the status it leads to."""

    title: str
    line: str
    status: str


BOOT = Step("the charge point boots", "", "Available")
CHARGE = (
    Step("a car is plugged in", "plug 1", "Preparing"),
    Step("a tag is presented", "tag 1 DEMO-TAG", "Charging"),
)
LEAVE = (
    Step("the tag is presented again", "tag 1 DEMO-TAG", "Finishing"),
    Step("the car leaves", "unplug 1", "Available"),
)


def _heap_of(_context: click.Context, _parameter: click.Parameter, text: str) -> str:
    """The option as it is given, once it is known to be a size."""
    load_bundler()
    from device_bundle.emulator import EmulatorError, parse_heap  # noqa: PLC0415 - optional

    try:
        parse_heap(text)
    except EmulatorError as error:
        raise click.BadParameter(str(error)) from error
    return text


@click.command(cls=ActingCommand, short_help="Charge one car on a simulated module.")
@click.option(
    "--speed",
    type=click.FloatRange(min=1, max=100),
    default=20.0,
    show_default=True,
    help="Simulated seconds per second.",
)
@click.option(
    "--heap",
    default="512k",
    show_default=True,
    callback=_heap_of,
    metavar="BYTES",
    help="Heap of the simulated module; k and M stand for KiB and MiB.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep the bundle there.",
)
def demo(speed: float, heap: str, out: Path | None, acts: list[type[Act]]) -> None:
    """Charge one car on a simulated module, and show frames, transaction and sizes.

    Takes less than a minute, with an update about one. The exit code is 1 if any step fails.
    """
    with tempfile.TemporaryDirectory(prefix="ocpp-demo-") as folder:
        played = Demo(speed, heap, Path(folder), out, acts)
        run_until_stopped(lambda stopped: _until(stopped, played))


async def _until(stopped: asyncio.Event, demo: Demo) -> None:
    running = asyncio.ensure_future(demo.run())
    stopping = asyncio.ensure_future(stopped.wait())
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not running.done():
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        raise click.ClickException("interrupted")
    running.result()


class Demo:
    """One run. Its own hooks tell it what the central system sees."""

    def __init__(
        self, speed: float, heap: str, folder: Path, out: Path | None, acts: list[type[Act]]
    ) -> None:
        self._speed = speed
        self._acts = [act(self, folder / act.name) for act in acts]
        self._emulator: Any = None
        self._url = ""
        self._clock = Clock(speed)
        self._utc = fast_time(self._clock)
        self._heap = heap
        self._silent = False
        self._folder = folder
        self._out = out if out is not None else folder / "bundle"
        self._console = output()
        self._frames = FrameLog("central_system")
        self._news = asyncio.Event()
        self._events: list[Any] = []
        self._faults: list[str] = []

    async def run(self) -> None:
        """Every step in order; raises Failed, or what says what is missing."""
        from device_bundle.emulator import Emulator, EmulatorError  # noqa: PLC0415 - optional

        async with self._central_system() as server:
            self._url = server.url
            self.headline("the charge point is bundled for a module")
            result = await self.bundle(self._out, self._edited_station)
            try:
                emulator = self._emulator = Emulator(
                    self._out, heap=self._heap, speed=self._speed, on_line=self._listener()
                )
                try:
                    await self._play(emulator)
                    for act in self._acts:
                        await act.play()
                finally:
                    await asyncio.to_thread(emulator.close)
                heap = await self._measure()
            except EmulatorError as error:
                raise click.ClickException(str(error)) from error
        self._report(result, heap)

    # Hooks.

    def ocpp_on_event(self, event: Any) -> None:
        """Something happened at the central system."""
        self._events.append(event)
        self._news.set()

    def ocpp_on_frame(self, identity: str, direction: str, text: str) -> None:
        """A frame passed."""
        if not self._silent:
            show(self._console, self._frames.line(identity, direction, text), self._stamp())

    # Steps.

    @contextlib.asynccontextmanager
    async def _central_system(self) -> AsyncIterator[WebSocketServer]:
        central: Central = build_central(self._config_of_central(), self._log, self)
        central.utc = lambda: self._utc()  # noqa: PLW0108 - the clock starts anew with the module
        server = WebSocketServer(central, "127.0.0.1", 0)
        try:
            await server.start()
        except (OSError, ValueError) as error:
            raise Failed("starting the central system", str(error)) from error
        self.headline(f"the central system listens on {server.url}/")
        try:
            for act in self._acts:
                await act.begin(central)
            yield server
        finally:
            for act in self._acts:
                await act.close()
            await server.stop()

    def _config_of_central(self) -> Config:
        text = example().read_text(encoding="utf-8")
        for act in self._acts:
            text = act.edit_central(text)
        config = self._folder / "central.toml"
        config.write_text(text, encoding="utf-8")
        return load_config(config)

    def _edited_station(self, text: str) -> str:
        for act in self._acts:
            text = act.edit_station(text)
        return text

    async def bundle(self, out: Path, edit: Callable[[str], str]) -> Any:
        """Bundles the charge point, its configuration as edited."""
        bundler = load_bundler()
        config = self._folder / "ocpp.toml"
        text = pointed_at(edit(example().read_text(encoding="utf-8")), self._url)
        config.write_text(text, encoding="utf-8")
        try:
            with self._console.status("bundling ..."):
                result = await asyncio.to_thread(bundler.bundle, config, out)
        except bundler.BundleError as error:
            raise Failed("bundling", str(error)) from error
        self.show(f"{len(result.files)} files, {result.total:,} bytes, in {out}")
        return result

    async def _play(self, emulator: Any) -> None:
        self._clock = Clock(self._speed)
        self._utc = fast_time(self._clock)
        await asyncio.to_thread(emulator.start)
        await self._step(emulator, BOOT)
        for step in CHARGE:
            await self._step(emulator, step)
        self.headline(f"the car charges for {CHARGING // 60} simulated minutes")
        await self._pass_time(emulator)
        for step in LEAVE:
            await self._step(emulator, step)

    async def _step(self, emulator: Any, step: Step) -> None:
        self.headline(step.title, step.line)
        is_reached = self._reached(step.status)
        if step.line:
            await asyncio.to_thread(emulator.send_line, step.line)
        await self.wait_until(step.title, is_reached, f"connector 1 is not {step.status}")

    def _reached(self, status: str) -> Callable[[], bool]:
        """Whether connector 1 was reported in this status since now."""
        seen = len(self._events)
        return lambda: any(
            getattr(event, "connector_id", 0) == 1 and getattr(event, "status", "") == status
            for event in self._events[seen:]
        )

    async def _measure(self) -> int:
        """Runs the bundle once more, to see what it keeps on the heap."""
        from device_bundle.emulator import parse_heap  # noqa: PLC0415 - optional
        from device_bundle.emulator.heap import measure  # noqa: PLC0415 - optional

        self.headline("the heap is measured in a second run")
        self._silent = True
        with self._console.status("measuring ..."):
            return await asyncio.to_thread(
                measure, self._out, parse_heap(self._heap), self._reached(BOOT.status), self._speed
            )

    async def _pass_time(self, emulator: Any) -> None:
        end = self._clock.now() + CHARGING
        with self._console.status("charging ..."):
            while self._clock.now() < end:
                self._require_running(emulator, "charging")
                await asyncio.sleep(0.1)

    async def wait_until(
        self, title: str, is_reached: Callable[[], bool], why: str, steps: int = 1
    ) -> None:
        """Waits; raises Failed, which says why, if it takes longer than so many steps may."""
        patience = steps * PATIENCE
        give_up = time.monotonic() + patience
        while not is_reached():
            self._require_running(self._emulator, title)
            if time.monotonic() > give_up:
                raise self.fail(title, f"{why} after {patience} s")
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), 0.2)

    def fail(self, title: str, why: str) -> Failed:
        """The error to raise, with what the module said last."""
        return Failed(title, why + _tail(self._emulator))

    def _require_running(self, emulator: Any, title: str) -> None:
        if not emulator.running or any(fault.startswith(_CRASH) for fault in self._faults):
            raise Failed(title, f"the module's program ended{_tail(emulator)}")

    def _report(self, result: Any, heap: int) -> None:
        ended = [event.transaction for event in self._events if hasattr(event, "transaction")]
        ended = list({record.id: record for record in ended if record is not None}.values())
        self._console.print()
        self._console.print(report.transactions(ended))
        self._console.print(report.sizes(result, heap))
        if [record.stopped_at is not None and record.energy > 0 for record in ended] != [True]:
            raise Failed("charging", "there is not one transaction that ended with energy")
        if self._faults:
            raise Failed("running on the module", "; ".join(self._faults))
        self._console.print(
            f"Done: it ran under MicroPython with a heap of {self._heap}.", highlight=False
        )

    # Output.

    def _listener(self) -> Callable[[str], None]:
        loop = asyncio.get_running_loop()

        def listen(line: str) -> None:
            with contextlib.suppress(RuntimeError):  # the loop ended before the module did
                loop.call_soon_threadsafe(self._hear, line)

        return listen

    def _hear(self, line: str) -> None:
        """The module's console said something."""
        if _FAULT.match(line):
            self._faults.append(plain(line))
            note("error", f"module: {line}")

    def _log(self, level: str, text: str) -> None:
        if level != "info":
            note(level, text)

    def headline(self, title: str, line: str = "") -> None:
        """Says what happens next."""
        typed = f" (console: {line})" if line else ""
        self._console.print(Text(f"\n{title}{typed}", style="bold yellow"))

    def show(self, what: str | Table) -> None:
        """Says what came of it."""
        self._console.print(Text(what) if isinstance(what, str) else what)

    def _stamp(self) -> str:
        return f"{self._clock.now() // 60:02}:{self._clock.now() % 60:02}"


def example() -> Path:
    """The configuration the demo runs; the same as examples/wallbox/ocpp.toml."""
    return Path(str(files("ocpp_kernel.cli") / "wallbox.toml"))


def pointed_at(text: str, url: str) -> str:
    """The configuration with another address of the central system."""
    changed, count = re.subn(r'(?m)^url = ".*"$', f'url = "{url}"', text)
    if count != 1:
        raise ValueError("the example has no line that begins with url = ")
    return changed


def _tail(emulator: Any) -> str:
    lines = [plain(line) for line in emulator.lines[-10:]]
    return "; the module's last lines:\n  " + "\n  ".join(lines) if lines else ""
