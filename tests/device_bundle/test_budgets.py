"""Sizes against those of the last release."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from device_bundle import budgets, sizes
from device_bundle.budgets import Figures, Release, last_release
from device_bundle.bundler import BundleResult, File
from device_bundle.findings import BundleError
from device_bundle.shares import Share
from device_bundle.targets import LIMITS, TARGETS


@pytest.fixture
def result(tmp_path: Path) -> BundleResult:
    target = TARGETS["quecpython"]
    made = BundleResult(tmp_path, target, ("lamp",), "mpy", LIMITS, flash=384 * 1024)
    made.files = [
        File("lamp.py", b"x" * 5000, b"y" * 4100, 9000, heap=7000),
        File("main.py", b"z" * 800, b"", 0),
    ]
    made.shares = [Share("lamp", 4900, 4100, 7000), Share("app", 100, 0, 0)]
    made.notes = ["set [it]"]
    return made


def printed(result: BundleResult, monkeypatch: pytest.MonkeyPatch, release: Release) -> str:
    monkeypatch.setattr(sizes, "last_release", lambda: release)
    console = Console(file=io.StringIO(), width=120)
    sizes.print_sizes(result, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def cells(text: str, first: str) -> list[str]:
    line = next(line for line in text.splitlines() if f"│ {first} " in line)
    return [cell.strip() for cell in line.strip("│").split("│")]


def test_what_changed_since_the_last_release(
    result: BundleResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = {"lamp": Figures(5000, 4100, 6500)}
    release = Release("1.2.3", ("lamp",), Figures(5000, 4000, 7000), packages)
    text = printed(result, monkeypatch, release)
    assert "difference to release 1.2.3" in text
    assert cells(text, "lamp") == ["lamp", "4,900", "-100", "4,100", "+0", "7,000", "+500"]
    assert cells(text, "app") == ["app", "100", "", "", "", "", ""]
    assert cells(text, "all of it")[1:5] == ["5,800", "+800", "4,100", "+100"]
    assert cells(text, "Quectel's library")[1] == "158,306"
    assert cells(text, "flash, .mpy")[2] == "3 of 38 blocks"
    assert "set [it]" in text


def test_other_plugins_have_no_total_to_compare_with(
    result: BundleResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = Release("1.2.3", ("lamp", "horn"), Figures(5000, 4000, 7000), {})
    assert cells(printed(result, monkeypatch, release), "all of it")[2] == ""


def test_figures_are_read_as_they_were_written(result: BundleResult, tmp_path: Path) -> None:
    path = tmp_path / "last_release.json"
    path.write_bytes(budgets.as_json(result, "1.2.3"))
    assert last_release(path) == Release(
        "1.2.3",
        ("lamp",),
        Figures(5800, 4100, 7000),
        {"lamp": Figures(4900, 4100, 7000), "app": Figures(100, 0, 0)},
    )


def test_the_last_release_is_there_and_within_the_limits() -> None:
    release = last_release()
    assert 0 < release.total.python <= LIMITS.total_bytes
    assert {"ocpp_kernel", "core_profile", "runtime"} <= release.packages.keys()


def test_figures_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "last_release.json"
    for content in (None, "{}", '{"packages": 1}'):
        if content is not None:
            path.write_text(content)
        with pytest.raises(BundleError, match=r"make it with: python -m device_bundle\.budgets"):
            last_release(path)


def test_writing_makes_them_the_last_release(
    result: BundleResult,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "last_release.json"
    before = Release("1.2.3", (), Figures(1, 1, 1), {})
    path.write_bytes(b"")
    monkeypatch.setattr(budgets, "LAST_RELEASE", path)
    monkeypatch.setattr(budgets, "measure", lambda: result)
    monkeypatch.setattr(sizes, "last_release", lambda: before)
    assert budgets.main([]) == 0
    assert path.read_bytes() == b""
    assert budgets.main(["--write"]) == 0
    assert last_release(path).plugins == ("lamp",)
    assert "all of it" in capsys.readouterr().out
