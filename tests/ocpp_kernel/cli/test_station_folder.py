"""The folder in which a charge point of the command line keeps its state."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ocpp_kernel.cli.station import _file_store
from ocpp_kernel.store import StoreError


def test_a_folder_that_cannot_be_read_ends_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(path: str) -> list[str]:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "listdir", denied)
    with pytest.raises(StoreError, match="cannot be read"):
        _file_store(tmp_path / "state")


def test_a_folder_is_made(tmp_path: Path) -> None:
    store = _file_store(tmp_path / "new" / "state")
    store.save("name", 1)
    assert store.load("name") == 1
