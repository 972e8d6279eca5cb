"""The code of transfers is loaded for a job, and let go of after the last one."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from .conftest import Bench, Stream


@pytest.mark.parametrize("begin", ["fetch", "send"])
def test_a_job_whose_code_cannot_be_loaded_has_failed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, begin: str
) -> None:
    """FW-003, FW-015: the file is lost, or there is no memory for it; another try may do better."""
    transfers = bench.transfers
    with monkeypatch.context() as lost:
        lost.setitem(sys.modules, "device_bundle.runtime.jobs", None)
        arguments = ("http://h/f", "x") if begin == "fetch" else ("http://h/f", "PUT", 3)
        job = getattr(transfers, begin)(*arguments)
        assert job.finished
        assert job.fault.startswith("transfers cannot be loaded: ModuleNotFoundError")
        assert not job.path
        assert not job.hungry()
        job.feed(b"piece")
        job.cancel()
        assert not transfers.step(0)
    assert not getattr(transfers, begin)(*arguments).finished


def test_code_is_let_go_of_after_the_last_job(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "usr.later_jobs"
    monkeypatch.setitem(sys.modules, name, ModuleType(name))
    transfers = bench.transfers
    bench.streams.append(Stream(b"", ends=False))
    first = transfers.fetch("http://h/f", "one")
    second = transfers.fetch("http://h/f", "two")
    first.cancel()
    transfers.step(0)
    assert name in sys.modules
    second.cancel()
    transfers.step(0)
    assert name not in sys.modules
