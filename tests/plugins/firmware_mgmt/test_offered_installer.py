"""What a shell offers to install with, beside the driver; and what it knows of earlier ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

DONE = ["Downloading", "Downloaded", "Installing", "Installed"]


class Offered:
    """An installer as a shell offers it, which answers as a test says."""

    def __init__(self, *outcomes: Any) -> None:
        self.outcomes = list(outcomes or ["Installed"])
        self.accepted = False
        self.images: list[str] = []
        self.forgotten: list[str] = []
        self.fault: OSError | None = None

    def install_firmware(self, path: str) -> str:
        self.images.append(path)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return str(outcome)

    def forget(self, path: str) -> None:
        self.forgotten.append(path)
        if self.fault is not None:
            raise self.fault


Make = Callable[..., Any]


@pytest.fixture
def make(make_bench: Callable[..., Any]) -> Make:
    """A charge point with that installer, and hardware that has one only if it is said so."""

    def made(offered: Offered, capable: bool = False, **attributes: Any) -> Any:
        bench = make_bench()
        if not capable:
            bench.hardware.install_firmware = None
        for name, value in attributes.items():
            setattr(bench.hardware, name, value)
        name, messages, factory, settings = bench.beside[0]

        def begun(station: Any, settings: Any) -> Any:
            station.shared["installer"] = offered
            station.shared["crash_log"] = lambda: "ended: no memory\n"
            return factory(station, settings)

        bench.beside[0] = (name, messages, begun, settings)
        bench.boot()
        return bench

    return made


def test_fw_005_it_installs_where_the_driver_cannot(make: Make) -> None:
    """FW-002, FW-005."""
    offered = Offered("", "", "Installed")
    bench = make(offered)
    bench.downloaded()
    bench.advance(10)
    assert bench.told() == DONE
    assert offered.images == ["/files/firmware"] * 3
    assert offered.forgotten == ["/files/firmware"]


def test_a_drivers_own_has_precedence_unless_it_only_pretends(make: Make) -> None:
    offered = Offered()
    bench = make(offered, capable=True)
    bench.downloaded()
    bench.advance(10)
    assert (offered.images, bench.hardware.images) == ([], ["/files/firmware"])
    offered = Offered()
    bench = make(offered, capable=True, simulated=True)
    bench.downloaded()
    bench.advance(10)
    assert (offered.images, bench.hardware.images) == (["/files/firmware"], [])


def test_it_is_told_that_the_central_system_has_accepted_the_charge_point(make: Make) -> None:
    offered = Offered()
    make(offered)
    assert offered.accepted


def test_fw_003_a_refusal_is_told_and_what_was_kept_is_removed(make: Make) -> None:
    """FW-003."""
    offered = Offered("", OSError("no image the bundler made"))
    bench = make(offered)
    bench.downloaded()
    bench.advance(10)
    assert bench.told() == [*DONE[:3], "InstallationFailed"]
    assert any("no image the bundler made" in text for _, text in bench.log)
    assert offered.forgotten == ["/files/firmware"]


def test_what_cannot_be_removed_is_no_fault_of_the_update(make: Make) -> None:
    offered = Offered()
    offered.fault = OSError(5)
    bench = make(offered)
    bench.downloaded()
    bench.advance(10)
    assert bench.told() == DONE


def test_what_is_left_behind_by_a_power_cut_goes_at_the_next_start(make: Make) -> None:
    """The outcome was stored, and the power failed before anything was removed."""
    offered = Offered()
    bench = make(offered)
    state: list[Any] = []
    look = lambda path: state.append(bench.store.load("firmware"))  # noqa: E731  # stands in once
    offered.forget = look  # type: ignore[method-assign]  # looks at that moment
    bench.downloaded()
    bench.advance(10)
    assert bench.told() == DONE
    assert state[0][0] == ""
    bench.store.save("firmware", state[0])
    removed: list[str] = []
    offered.forget = removed.append  # type: ignore[method-assign]  # counts
    bench.reboot()
    bench.advance(5)
    assert removed == ["/files/firmware"]
    bench.reboot()
    bench.advance(5)
    assert len(removed) == 1


def test_the_diagnostics_tell_why_the_software_ended_before(make: Make) -> None:
    bench = make(Offered())
    bench.diagnose()
    bench.advance(3)
    assert b"ended: no memory\n" in bench.job.content
    assert len(bench.job.content) == bench.job.size
