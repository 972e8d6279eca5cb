"""``ocpp-kernel upload``, and ``bundle --upload``: what they say and how they end.

What happens on the wire is tested in tests/device_bundle/test_upload.py.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from device_bundle import serial_port
from device_bundle.manifest import write
from device_bundle.repl import DeviceError, Repl
from device_bundle.upload import Report, Upload

Run = Callable[..., Any]
FILES = {"usr/main.py": b"m", "usr-mpy/main.py": b"m", "usr/app.py": b"a", "usr-mpy/app.mpy": b"c"}


class Port:
    """Takes a port's place; the REPL on it is not spoken to."""

    def __init__(self, name: str, baud: int) -> None:
        if name != "COM7":
            raise DeviceError(f"{name}: there is no such port; there are: COM7")
        assert baud == 9600

    def __enter__(self) -> Port:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is open."""


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, bytes]]:
    """What was uploaded."""
    uploads: list[dict[str, bytes]] = []

    def upload(self: Upload, files: dict[str, bytes]) -> Report:
        uploads.append(files)
        return Report(list(files)[1:], list(files)[:1])

    monkeypatch.setattr(serial_port, "SerialPort", Port)
    monkeypatch.setattr(Repl, "open", lambda self: None)
    monkeypatch.setattr(Upload, "run", upload)
    return uploads


@pytest.fixture
def folder(tmp_path: Path) -> str:
    write(tmp_path / "out", {"target": "quecpython", "image": "mpy"}, FILES)
    return str(tmp_path / "out")


def test_the_result_is_told(run: Run, folder: str, sent: list[dict[str, bytes]]) -> None:
    result = run("upload", folder, "--port", "COM7", "--baud", "9600")
    assert result.exit_code == 0, result.output
    assert result.stdout == (
        "written to COM7: 1, 1 were right already; restart the module to run them\n"
    )
    run("upload", folder, "--port", "COM7", "--baud", "9600", "--form", "py")
    assert [list(files) for files in sent] == [
        ["/usr/app.mpy", "/usr/main.py"],
        ["/usr/app.py", "/usr/main.py"],
    ]


@pytest.mark.parametrize(
    ("report", "told"),
    [
        (Report(["a", "b"], []), "written to COM7: 2; restart the module to run them\n"),
        (Report([], ["a", "b"]), "all 2 files on COM7 were right already\n"),
    ],
)
def test_all_or_nothing_was_to_be_done(
    run: Run,
    folder: str,
    sent: list[dict[str, bytes]],
    monkeypatch: pytest.MonkeyPatch,
    report: Report,
    told: str,
) -> None:
    monkeypatch.setattr(Upload, "run", lambda self, files: report)
    assert run("upload", folder, "--port", "COM7", "--baud", "9600").stdout == told
    assert sent == []


@pytest.mark.usefixtures("sent")
def test_what_goes_wrong_is_one_line_and_code_1(run: Run, folder: str, tmp_path: Path) -> None:
    result = run("upload", folder, "--port", "COM8")
    assert result.exit_code == 1
    assert result.stderr == "Error: COM8: there is no such port; there are: COM7\n"
    result = run("upload", str(tmp_path / "nowhere"), "--port", "COM7")
    assert result.exit_code == 1
    assert "no bundle there, manifest.json is missing" in result.stderr


def test_a_port_has_to_be_given(run: Run, folder: str) -> None:
    assert run("upload", folder).exit_code == 2


def test_without_pyserial_one_line_says_how_to_get_it(
    run: Run, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "device_bundle.serial_port")
    monkeypatch.setitem(sys.modules, "serial", None)
    result = run("upload", folder, "--port", "COM7")
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: uploading needs pyserial; install it with: pip install 'ocpp-kernel[upload]'\n"
    )


def test_a_bundle_is_uploaded_once_it_is_made(
    run: Run, sent: list[dict[str, bytes]], tmp_path: Path
) -> None:
    (tmp_path / "lamp.py").write_text(
        "class ChargePoint:\n    def __init__(self, station, settings):\n        pass\n"
    )
    names = "core_profile firmware_mgmt local_auth_list remote_trigger reservation simulated_ev"
    off = "\n".join(f"{name} = false" for name in [*names.split(), "smart_charging"])
    config = tmp_path / "ocpp.toml"
    config.write_text(f'[profiles]\n{off}\n[plugins]\nload = ["./lamp.py"]\n')
    out = str(tmp_path / "made")
    options = ("--upload", "COM7", "--baud", "9600")
    result = run("bundle", "--config", str(config), "--out", out, *options)
    assert result.exit_code == 0, result.output
    assert list(sent[0])[-1] == "/usr/main.py"
    assert "restart the module" in result.stdout


def test_help_names_every_file_of_a_bundle(run: Run) -> None:
    text = run("bundle", "--help").stdout
    for name in (
        *("usr/", "usr-mpy/", "usr.tar.gz", "usr.zip", "bulk_download.json", "project.yaml"),
        *("package.json", "manifest.json", "map.json", "quecpython-1.28", "--upload PORT"),
    ):
        assert name in text
