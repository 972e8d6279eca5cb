"""The demo with ``--update``: as a user runs it, and how it fails."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ocpp_plugins.firmware_mgmt.demo_act import IMAGE, VERSION, Act, released
from rich.table import Table

from ocpp_kernel.build import build_central
from ocpp_kernel.cli import acts
from ocpp_kernel.cli.demo import Failed, example
from ocpp_kernel.config import load_config
from ocpp_kernel.plugins import PluginError

Run = Callable[..., Any]


@pytest.mark.slow
def test_it_sends_diagnostics_and_becomes_another_release(run: Run) -> None:
    result = run("demo", "--update")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    told = [line.partition("firmwareVersion=")[2].split() for line in lines if "──▶" in line]
    assert [words[0] for words in told if words][:2] == ["1.0.0", VERSION]
    (arrived,) = [line for line in lines if " arrived, " in line]
    assert re.fullmatch(r"WALLBOX-1-\S+\.log arrived, [\d,]+ bytes in \d+ lines; it ends:", arrived)
    assert "  " in lines[lines.index(arrived) + 1]
    assert any(line.endswith(" StatusChanged(1, 'Finishing', 'Available')") for line in lines)
    table = lines[lines.index("Update") :]
    statuses = [line.split()[1] for line in table[4:8]]
    assert statuses == ["Downloading", "Downloaded", "Installing", "Installed"]
    assert lines[-1] == "Done: it ran under MicroPython with a heap of 512k."


class Firmware:
    """Answers as told; what is asked of it comes to its end at once."""

    def __init__(self, folder: Path, upload: str, update: str) -> None:
        self.asked: list[str] = []
        self.listening = asyncio.Event()
        self.listening.set()
        file = folder / "CP1.log"
        file.write_text("one\ntwo \x1b[2J\n", encoding="utf-8")
        self.book = SimpleNamespace(
            firmware=SimpleNamespace(status=None, history=deque([(0, update)])),
            diagnostics=SimpleNamespace(status=None, file=file),
        )
        self._upload = upload
        self._update = update

    def record(self, identity: str) -> Any:
        return self.book

    async def diagnostics(self, station: Any) -> None:
        self.asked.append("diagnostics")
        self.book.diagnostics.status = self._upload

    async def update(self, station: Any, image: str) -> None:
        self.asked.append(image)
        self.book.firmware.status = self._update


class Stage:
    """What the demo lends, with nothing behind it."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def headline(self, title: str) -> None:
        self.said.append(title)

    def show(self, what: str | Table) -> None:
        self.said.append(what if isinstance(what, str) else f"table of {what.row_count}")

    async def wait_until(
        self, title: str, is_reached: Callable[[], bool], why: str, steps: int = 1
    ) -> None:
        if not is_reached():
            raise self.fail(title, why)

    def fail(self, title: str, why: str) -> Failed:
        return Failed(title, why)

    async def bundle(self, out: Path, edit: Callable[[str], str]) -> None:
        assert VERSION in edit(example().read_text(encoding="utf-8"))
        out.mkdir(parents=True)
        (out / IMAGE).write_bytes(b"12345")


async def act(
    folder: Path, upload: str = "Uploaded", update: str = "Installed"
) -> tuple[Stage, Act]:
    stage = Stage()
    central: Any = SimpleNamespace(
        shared={"firmware_mgmt": Firmware(folder, upload, update)},
        stations={"CP1": SimpleNamespace(identity="CP1")},
    )
    made = Act(stage, folder / "files")
    await made.begin(central)
    return stage, made


async def test_what_is_shown(tmp_path: Path) -> None:
    stage, update = await act(tmp_path)
    await update.play()
    assert stage.said == [
        "the central system asks for diagnostics",
        "CP1.log arrived, 13 bytes in 2 lines; it ends:",
        "  one",
        "  two \\x1b[2J",
        f"release {VERSION} of the charge point is bundled",
        f"the charge point is updated to {VERSION}",
        f"{VERSION}/{IMAGE}, 5 bytes, waits to be fetched",
        "table of 1",
    ]


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"upload": "UploadFailed"}, "asks for diagnostics: they did not come"),
        ({"update": "InstallationFailed"}, "the charge point tells InstallationFailed"),
        ({"update": "DownloadFailed"}, "the charge point tells DownloadFailed"),
        ({"update": "Downloading"}, "it told no end"),
    ],
)
async def test_what_does_not_succeed_fails_it(
    tmp_path: Path, told: dict[str, str], why: str
) -> None:
    _, update = await act(tmp_path, **told)
    with pytest.raises(Failed, match=why):
        await update.play()


def test_a_release_differs_in_its_version_alone(tmp_path: Path) -> None:
    text = example().read_text(encoding="utf-8")
    path = tmp_path / "ocpp.toml"
    path.write_text(released(text, "9.8.7"), encoding="utf-8")
    config = load_config(path)
    assert (config.bundle.version, config.bundle.image) == ("9.8.7", "py")
    assert path.read_text().count('"9.8.7"') == 2
    assert "1.0.0" not in path.read_text()


def test_any_folder_can_be_served(tmp_path: Path) -> None:
    folder = tmp_path / 'odd "name" \\ here'
    path = tmp_path / "central.toml"
    text = Act(Stage(), folder).edit_central(example().read_text(encoding="utf-8"))
    path.write_text(text, encoding="utf-8")
    assert build_central(load_config(path), print).shared["firmware_mgmt"].folder == folder


def test_each_act_is_an_option(run: Run) -> None:
    result = run("demo", "--help")
    assert "--update" in result.stdout
    assert "Then fetch its diagnostics" in result.stdout


def test_an_act_that_fails_is_named_and_hides_nothing(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(found: Any, part: str) -> Any:
        raise PluginError(f"plugin {found.name}: its {part} is broken")

    monkeypatch.setattr(acts, "load_part", failing)
    result = run("demo", "--help")
    assert result.exit_code == 0
    assert "--update" not in result.stdout
    assert "warning: plugin firmware_mgmt: its demo_act is broken" in result.stderr


def test_an_act_without_a_name_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    nameless = SimpleNamespace(__file__="demo_act.py", Act=object)
    monkeypatch.setattr(acts, "load_part", lambda found, part: nameless)
    result = run("demo", "--help")
    assert result.exit_code == 0
    assert "warning: plugin firmware_mgmt: demo_act.py has no class Act" in result.stderr
