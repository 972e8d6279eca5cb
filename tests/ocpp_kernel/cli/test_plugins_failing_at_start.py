"""Plugins that fail once they are made, or asked what they bring."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Run = Callable[..., Result]
Start = Callable[..., Any]
Broken = Callable[..., Path]
Named = Callable[[str, str, int | None], None]

#: Line numbers below count from 1 in what ``role`` makes: the class is line 1, a member line 4.
WORKS = "class ChargePoint:\n    def __init__(self, station, settings):\n        pass\n"


def role(member: str) -> str:
    """A role class with one more member."""
    return f"{WORKS}    {member}\n"


SETTINGS = WORKS.replace(":\n", ":\n    settings = S\n", 1)


def answering(hook: str, value: str, arguments: str = "") -> str:
    """A role whose hook answers that; the hook is line 7."""
    return (
        "from ocpp_kernel.configuration import integer\n"
        "from ocpp_kernel.central import VendorHandler\n"
        f"from ocpp_kernel.hooks import DataTransferHandler\n{WORKS}"
        f"    def {hook}(self{arguments}): return {value}\n"
    )


KEYS, TRANSFERS = "ocpp_register_configuration", "ocpp_register_data_transfer"

#: As :data:`FAULTS`; these are seen only once it runs.
WHILE_STARTING: dict[str, tuple[str, str, int | None]] = {
    "__init__": (
        WORKS.replace("pass", "1 / 0"),
        "fails when made: ZeroDivisionError: division by zero",
        3,
    ),
    "exit when made": (
        WORKS.replace("pass", "raise SystemExit(3)"),
        "fails when made: SystemExit: 3",
        3,
    ),
    "hook set when made": (
        WORKS.replace("pass", "self.ocpp_on_event = print"),
        "ocpp_on_event must be a method of the class, not set in __init__",
        1,
    ),
    "setting without default": (
        f"class S:\n    most: int\n{SETTINGS}",
        "most has no default; give it in ocpp.toml: [charge_point.broken]",
        None,
    ),
    "collecting": (
        role(f"def {KEYS}(self): 1 / 0"),
        "ZeroDivisionError: division by zero",
        4,
    ),
    "no keys": (answering(KEYS, "None"), f"{KEYS} must answer a list of Key, not None", 7),
    "one key": (answering(KEYS, "integer('Size', 1)"), f"{KEYS} must answer a list of Key,", 7),
    "no key": (answering(KEYS, "['Size']"), "must answer a list of Key, such as integer(...)", 7),
    "long key": (answering(KEYS, "[integer('x' * 51, 1)]"), "keys of 1 to 50 characters", 7),
    "key's default": (
        answering(KEYS, "[integer('Size', '1')]"),
        "must answer a default of type int for Size, not '1'",
        7,
    ),
    "key that another has": (
        answering(KEYS, "[integer('heartbeatinterval', 1)]"),
        "configuration key heartbeatinterval is declared by plugin core_profile already",
        None,
    ),
    "handlers": (answering(TRANSFERS, "{}"), f"{TRANSFERS} must answer a list of handlers", 7),
    "no handler": (
        answering(TRANSFERS, "[('com.acme', None, print)]"),
        "must answer a list of DataTransferHandler, not of ('com.acme', None, ",
        7,
    ),
    "handler of the other role": (
        answering(TRANSFERS, "[VendorHandler('com.acme', None, print)]"),
        "must answer a list of DataTransferHandler; others are for a central system",
        7,
    ),
    "handler without a function": (
        answering(TRANSFERS, "[DataTransferHandler('com.acme', None, None)]"),
        "must answer handlers whose handle is a function, not None",
        7,
    ),
    "triggers": (
        answering("ocpp_register_triggers", "['Boot']"),
        "must answer a dict of functions by message name, not ['Boot']",
        7,
    ),
    "trigger": (
        answering("ocpp_register_triggers", "{'Boot': 1}"),
        "must answer a function for Boot, not 1",
        7,
    ),
}


@pytest.mark.parametrize("fault", WHILE_STARTING)
def test_check_names_plugin_file_and_remedy_and_runs_the_others(fault: str, named: Named) -> None:
    named(*WHILE_STARTING[fault])


def test_a_driver_that_lacks_something_is_named(run: Run, here: Path, broken: Broken) -> None:
    path = broken(answering("ocpp_driver", "3"))
    text = (here / "ocpp.toml").read_text("utf-8")
    (here / "ocpp.toml").write_text(text.replace("reservation", "simulated_ev"), encoding="utf-8")
    result = run("check", "ocpp.toml")
    assert result.exit_code == 1
    assert "plugin broken: ocpp_driver must answer a Driver; 3 has no connectors" in result.stderr
    assert f"({path}:7)" in result.stderr
