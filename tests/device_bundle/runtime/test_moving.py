"""What a bundle has of transfers and installing: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from device_bundle import app

# What nothing but the parts for moving files says.
ONLY_THERE = ("HTTP,HTTPS", "ocpp_previous", "app_fota", "If-Range")
OF_OTHER_TESTS = (
    'url = "ws://127.0.0.1:65017/ocpp"\nidentity = "CP001"\n[device]\nping_interval = 0'
)


def test_a_bundle_that_moves_no_files_has_nothing_of_it(bundle_of: Callable[[str], Path]) -> None:
    usr = bundle_of(OF_OTHER_TESTS) / "usr"
    text = "".join(path.read_text() for path in usr.iterdir())
    assert not [part for part in ONLY_THERE if part in text]


def test_asking_for_what_is_offered_brings_it() -> None:
    asking = app.generated("plugin", ["def run(station):", "    station.shared.get('transfers')"])
    assert app.asks_for(asking.definitions, app.OFFERED)
    other = app.generated("plugin", ["def run(station):", "    'it transfers nothing'"])
    assert not app.asks_for(other.definitions, app.OFFERED)


def test_the_application_hands_it_on_only_then() -> None:
    assert app.OFFER in app.app_module([], moving=True).imports.values()
    assert app.OFFER not in app.app_module([]).imports.values()
