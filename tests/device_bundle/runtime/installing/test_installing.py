"""What installs is loaded for the work; where that fails, the work does, and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from device_bundle.runtime.installing import Installing
from ocpp_kernel.codec import MsgspecCodec

Make = Callable[..., Any]
IMAGE = "/usr/ocpp_data/firmware.file"
STAGING = "device_bundle.runtime.staging"
TRIAL = "/usr/ocpp_trial"
LOADED = "usr.later_staging"


class NoMemory(ModuleType):
    """A module there is no memory for."""

    def __getattr__(self, name: str) -> Any:
        raise MemoryError("memory allocation failed")


def station_of(module: Any) -> Any:
    return SimpleNamespace(
        now=0,
        store=module.store,
        codec=MsgspecCodec(),
        log=lambda level, text: module.log.append(text),
    )


def unloadable(module: Any, fault: ModuleType | None) -> Installing:
    """What a program makes at its start, where the rest cannot be loaded."""
    installing: Installing = module.make_installer(station_of(module))
    sys.modules[STAGING] = fault  # type: ignore[assignment]  # None is for what is missing
    return installing


@pytest.mark.parametrize("fault", [None, NoMemory(STAGING)], ids=["no file", "no memory"])
def test_fw_003_an_installer_that_cannot_be_loaded_fails_the_installation(
    kit: Any, make_module: Make, fault: ModuleType | None
) -> None:
    module = make_module()
    module.receive(kit.NEW)
    before = dict(module.flash.files)
    installing = unloadable(module, fault)
    with pytest.raises(
        OSError, match=r"the installer cannot be loaded: (ModuleNotFound|Memory)Error"
    ):
        installing.install_firmware(IMAGE)
    with pytest.raises(OSError, match="the installer cannot be loaded"):
        installing.forget(IMAGE)
    assert module.flash.files == before


def test_fw_003_an_app_on_trial_that_cannot_load_it_is_taken_back(make_module: Make) -> None:
    """It could never be replaced; /usr/main.py reads the reason, as where it was not accepted."""
    module = make_module()
    module.flash.files[TRIAL] = b"1 "
    installing = unloadable(module, None)
    assert installing.install_firmware(IMAGE) == "Restart"
    reason = module.flash.files[TRIAL].decode()
    assert reason.startswith("0 the installer cannot be loaded: ModuleNotFoundError")
    assert any("the new app is taken back" in line for line in module.log)
    with pytest.raises(OSError, match="the installer cannot be loaded"):
        installing.install_firmware(IMAGE)


def test_an_installer_that_could_not_be_loaded_is_loaded_once_it_can_be(
    kit: Any, make_module: Make
) -> None:
    module = make_module()
    module.receive(kit.NEW)
    installing = unloadable(module, NoMemory(STAGING))
    with pytest.raises(OSError, match="MemoryError"):
        installing.install_firmware(IMAGE)
    module.make_installer(station_of(module))  # makes it loadable
    while not (outcome := installing.install_firmware(IMAGE)):
        pass
    assert outcome == "Restart"


def test_it_is_let_go_of_when_the_work_is_done(
    make_module: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = ModuleType("usr")
    monkeypatch.setitem(sys.modules, "usr", package)
    held: list[bool] = []

    class Works:
        accepted = False

        def __init__(self) -> None:
            self.answers = ["", "", "Installed"]

        def install_firmware(self, path: str) -> str:
            held.append(LOADED in sys.modules)
            return self.answers.pop(0)

        def forget(self, path: str) -> None:
            held.append(LOADED in sys.modules)

    class Loads(ModuleType):
        def make_installer(self, *given: Any) -> Works:
            monkeypatch.setitem(sys.modules, LOADED, self)
            monkeypatch.setattr(package, "later_staging", self, raising=False)
            return Works()

    monkeypatch.setitem(sys.modules, STAGING, Loads(STAGING))
    installing = Installing(station_of(make_module()), None, open, "quecpython", 60)
    assert LOADED not in sys.modules
    outcomes = [installing.install_firmware(IMAGE) for _ in range(3)]
    assert outcomes == ["", "", "Installed"]
    assert LOADED not in sys.modules
    assert getattr(package, "later_staging", None) is None
    installing.forget(IMAGE)
    assert held == [True] * 4
    assert LOADED not in sys.modules


def test_patience_counts_from_the_start_of_the_app(
    make_module: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not from when the code was loaded."""
    given: list[int] = []

    class Loads(ModuleType):
        def make_installer(self, station: Any, target: str, patience: int) -> Any:
            given.append(patience)
            return SimpleNamespace(install_firmware=lambda path: "Installed")

    monkeypatch.setitem(sys.modules, STAGING, Loads(STAGING))
    station = station_of(make_module())
    installing = Installing(station, None, open, "quecpython", 60)
    station.now = 25
    installing.install_firmware(IMAGE)
    assert given == [35]
