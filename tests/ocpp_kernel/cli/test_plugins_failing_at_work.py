"""Plugins that fail while they run: each is named with its line, and the others go on."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from ocpp_plugins.core_profile.messages import DataTransfer
from ocpp_plugins.reservation.messages import CancelReservation

from ocpp_kernel.errors import RemoteError
from ocpp_kernel.hooks import Hooks
from ocpp_kernel.testing import PluginPair

Run = Callable[..., Result]
Start = Callable[..., Any]
Broken = Callable[..., Path]

#: Line numbers below count from 1 in what ``role`` makes: the class is line 1, a member line 4.
WORKS = "class ChargePoint:\n    def __init__(self, station, settings):\n        pass\n"


def answering(hook: str, value: str, arguments: str = "") -> str:
    """A role whose hook answers that; the hook is line 7."""
    return (
        "from ocpp_kernel.configuration import integer\n"
        "from ocpp_kernel.central import VendorHandler\n"
        f"from ocpp_kernel.hooks import DataTransferHandler\n{WORKS}"
        f"    def {hook}(self{arguments}): return {value}\n"
    )


RUNNING = """
from ocpp_kernel.configuration import Key
from ocpp_kernel.events import CablePlugged
from ocpp_kernel.hooks import DataTransferHandler

class ChargePoint:
    def __init__(self, station, settings):
        self.station = station
    def ocpp_on_event(self, event):
        if isinstance(event, CablePlugged):
            raise ValueError("no cable")
    def ocpp_veto_start(self, connector_id, id_tag):
        raise KeyError(id_tag)
    def ocpp_charging_limit(self, connector_id, at):
        raise OSError("no meter")
    def ocpp_register_data_transfer(self):
        return [DataTransferHandler("com.acme", None, self.handle)]
    def handle(self, message_id, data):
        return 1 / 0

class CentralSystem:
    def __init__(self, central, settings):
        pass
    def ocpp_accept_station(self, identity, password):
        if identity == "BAD":
            raise RuntimeError("no list")
        return ""
"""


@pytest.fixture
def pair(here: Path) -> Iterator[PluginPair]:
    (here / "broken.py").write_text(RUNNING, encoding="utf-8")
    importlib.invalidate_caches()
    pair = PluginPair("core_profile", "./broken.py", folder=here)
    pair.connect()
    yield pair


def warned(pair: PluginPair, where: str) -> str:
    (text,) = {text for text in pair.log.of("warning") if where in text}
    return text


def test_a_listener_that_raises_is_named_and_silences_nobody(pair: PluginPair, here: Path) -> None:
    pair.hardware.plug()
    assert warned(pair, "ocpp_on_event") == (
        "a plugin failed in ocpp_on_event: plugin broken: ValueError: no cable "
        f"({here / 'broken.py'}:11)"
    )
    assert pair.station.shared["connectors"][1].status == "Preparing"


def test_decisions_that_raise_are_named_and_fail_closed(pair: PluginPair, here: Path) -> None:
    pair.hardware.plug()
    pair.hardware.present("TAG")
    assert not pair.hardware.energised[1]
    assert f"plugin broken: KeyError: 'TAG' ({here / 'broken.py'}:13)" in warned(pair, "veto")
    assert pair.station.hooks.charging_limit(1, 0) == 0
    assert "plugin broken: OSError: no meter" in warned(pair, "charging_limit")
    assert pair.central.admit("BAD", None) == "a plugin failed to decide"
    assert "plugin broken: RuntimeError: no list" in warned(pair, "accept_station")


def test_a_handler_that_raises_is_named_and_answered_with_an_error(
    pair: PluginPair, here: Path
) -> None:
    with pytest.raises(RemoteError, match="InternalError"):
        pair.call(DataTransfer({"vendorId": "com.acme"}))
    assert warned(pair, "handler of").endswith(
        f"failed: plugin broken: ZeroDivisionError: division by zero ({here / 'broken.py'}:19)"
    )
    assert pair.call(DataTransfer({"vendorId": "other"})) == {"status": "UnknownVendorId"}


#: What a hook answers, its arguments, what is said of it, how it is asked, what counts then.
NONSENSE: dict[str, tuple[str, str, str, Callable[[Hooks], Any], Any]] = {
    "ocpp_veto_start": (
        "True",
        ", connector_id, id_tag",
        'a reason, or "", not True',
        lambda hooks: hooks.veto_start(1, "TAG"),
        "a plugin failed to decide",
    ),
    "ocpp_charging_limit": (
        "'16'",
        ", connector_id, at",
        "whole mA, or None, not '16'",
        lambda hooks: hooks.charging_limit(1, 0),
        0,
    ),
    "ocpp_look_up_tag": (
        "'Accepted'",
        ", id_tag",
        "a TagInfo or None, not 'Accepted'",
        lambda hooks: hooks.look_up_tag("TAG"),
        None,
    ),
}


@pytest.mark.parametrize("hook", NONSENSE)
def test_an_answer_of_the_wrong_type_is_named_and_fails_closed(hook: str, here: Path) -> None:
    value, arguments, told, ask, closed = NONSENSE[hook]
    path = here / "broken.py"
    path.write_text(answering(hook, value, arguments), encoding="utf-8")
    importlib.invalidate_caches()
    pair = PluginPair("core_profile", "./broken.py", folder=here)
    assert ask(pair.station.hooks) == closed
    assert f"plugin broken: {hook} must answer {told} ({path}:7)" in warned(pair, hook)


CALLBACKS = """
from ocpp_kernel.events import CablePlugged
from ocpp_plugins.core_profile.messages import DataTransfer

class ChargePoint:
    def __init__(self, station, settings):
        self.station = station
    def ocpp_on_event(self, event):
        if isinstance(event, CablePlugged):
            self.station.after(1, self.late)
            self.station.call(DataTransfer({"vendorId": "com.acme"}), self.done)
    def late(self):
        raise ValueError("too late")
    def done(self, answer, error):
        answer.missing
"""


def test_timers_and_callbacks_that_raise_are_named_with_their_line(here: Path) -> None:
    path = here / "broken.py"
    path.write_text(CALLBACKS, encoding="utf-8")
    importlib.invalidate_caches()
    pair = PluginPair("core_profile", "./broken.py", folder=here)
    pair.connect()
    pair.hardware.plug()
    pair.advance(1)
    assert warned(pair, "a timer failed") == (
        f"a timer failed: plugin broken: ValueError: too late ({path}:13)"
    )
    assert warned(pair, "an answer failed").endswith(
        f"plugin broken: AttributeError: 'dict' object has no attribute 'missing' ({path}:15)"
    )


BAD_ANSWER = """
from ocpp_kernel.contracts import on
from ocpp_plugins.reservation.messages import CancelReservation

class ChargePoint:
    def __init__(self, station, settings):
        pass
    @on(CancelReservation)
    def on_cancel_reservation(self, request):
        return {"status": "Maybe"}
"""


def test_a_handler_whose_answer_breaks_its_contract_is_named_with_its_line(here: Path) -> None:
    path = here / "broken.py"
    path.write_text(BAD_ANSWER, encoding="utf-8")
    importlib.invalidate_caches()
    pair = PluginPair("core_profile", "./broken.py", folder=here)
    pair.connect()
    with pytest.raises(RemoteError, match="InternalError"):
        pair.call(CancelReservation({"reservationId": 7}))
    assert warned(pair, "handler of CancelReservation made a bad response").endswith(
        f"PropertyConstraintViolation('status may not be Maybe') ({path}:8)"
    )


@pytest.mark.parametrize("before", ["", "async "])
def test_a_vendors_handler_that_answers_nonsense_is_named(before: str, here: Path) -> None:
    source = (
        "from ocpp_kernel.central import VendorHandler\n"
        "class CentralSystem:\n"
        "    def __init__(self, central, settings): ...\n"
        "    def ocpp_register_data_transfer(self):\n"
        "        return [VendorHandler('com.acme', None, self.handle)]\n"
        f"    {before}def handle(self, station, message_id, data):\n"
        "        return 'Accepted'\n"
    )
    path = here / "broken.py"
    path.write_text(source, encoding="utf-8")
    importlib.invalidate_caches()
    pair = PluginPair("core_profile", "./broken.py", folder=here)
    asyncio.run(ask(pair))
    assert (
        "plugin broken: the handler must answer a status and a text or None, as in "
        f"(\"Accepted\", None), not 'Accepted' ({path}:6)"
    ) in warned(pair, "broken")


async def ask(pair: PluginPair) -> None:
    pair.connect()
    errors: list[Any] = []
    pair.station.call(
        DataTransfer({"vendorId": "com.acme"}), lambda answer, error: errors.append(error)
    )
    await pair.until(lambda: bool(errors))
    assert str(errors[0]).startswith("InternalError")
