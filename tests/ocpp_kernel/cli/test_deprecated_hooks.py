"""Hooks under former names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from ocpp_kernel import hookspecs
from ocpp_kernel.hookspecs import Deprecated
from ocpp_kernel.testing import PluginPair

Run = Callable[..., Result]
Start = Callable[..., Any]
Broken = Callable[..., Path]

#: Line numbers below count from 1 in what ``role`` makes: the class is line 1, a member line 4.
WORKS = "class ChargePoint:\n    def __init__(self, station, settings):\n        pass\n"


def role(member: str) -> str:
    """A role class with one more member."""
    return f"{WORKS}    {member}\n"


@pytest.fixture
def renamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if ``ocpp_veto_start`` had been called ``ocpp_may_start`` until the last version."""
    monkeypatch.setitem(
        hookspecs.DEPRECATED, "ocpp_may_start", Deprecated("ocpp_veto_start", until="0.9")
    )


OLD = role('def ocpp_may_start(self, connector_id, id_tag): return "closed"')


def test_a_deprecated_hook_works_and_warns_with_the_remedy(
    run: Run, here: Path, renamed: None, broken: Broken
) -> None:
    broken(OLD)
    result = run("check", "ocpp.toml")
    assert result.exit_code == 0
    assert result.stderr == (
        "warning: plugin broken: ocpp_may_start goes away with ocpp-kernel 0.9; rename it to "
        "ocpp_veto_start\n"
    )
    pair = PluginPair("core_profile", "./broken.py", folder=here)
    assert pair.station.hooks.veto_start(1, "TAG") == "closed"
    assert "goes away with" in pair.log.of("warning")[0]


def test_a_deprecated_hook_is_checked_as_what_it_became(
    run: Run, broken: Broken, renamed: None
) -> None:
    broken(OLD.replace(", id_tag", ""))
    result = run("check", "ocpp.toml")
    assert "ocpp_may_start must take (connector_id, id_tag), not (connector_id)" in result.stderr


def test_a_device_takes_the_new_name_only(run: Run, broken: Broken, renamed: None) -> None:
    broken(OLD)
    result = run("check", "ocpp.toml", "--device")
    assert result.exit_code == 1
    assert "broken.py:4: ocpp_may_start goes away with ocpp-kernel 0.9" in result.stderr


def test_no_hook_is_deprecated_for_a_name_that_is_not_there() -> None:
    for name, deprecated in hookspecs.DEPRECATED.items():
        assert name.startswith("ocpp_")
        assert any(
            hasattr(spec, deprecated.replaced_by) for spec in hookspecs.SPECIFICATIONS.values()
        )
