"""Whose bytes they are, and whether they fit a module."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from device_bundle.findings import BundleError
from device_bundle.pack import Piece
from device_bundle.program import Definition, Module, Symbol
from device_bundle.roles import Role
from device_bundle.shares import Share, blocks, refuse_what_does_not_fit, shares

KIB = 1024


def definition(package: str, size: int) -> Definition:
    module = Module(package, Path("x.py"), "x.py", package, False, [], ast.parse(""))
    return Definition(module, ("x",), ast.Pass(), text="x" * size)


def role(plugin: str, *requires: str, hooks: tuple[str, ...] = ()) -> Role:
    return Role(plugin, Symbol(plugin, "ChargePoint"), requires=requires, hooks=list(hooks))


def test_a_file_is_shared_out_by_text() -> None:
    pieces = [
        Piece("one", [definition("kernel", 300)]),
        Piece("two", [definition("core", 100), definition("lamp", 300), definition("core", 100)]),
    ]
    assert shares(pieces, {"one": 200, "two": 250}, {"two": 1000}) == [
        Share("kernel", 300, 200, 0),
        Share("core", 200, 100, 400),
        Share("lamp", 300, 150, 600),
    ]


def test_every_file_takes_whole_blocks() -> None:
    assert blocks([0, 1, 4096, 4097]) == 1 + 1 + 1 + 2


FOUND = [Share("core", 50_000, 40_000), Share("lamp", 9_000, 7_000), Share("horn", 4_000, 9_500)]
ROLES = [role("core", "ocpp_driver"), role("lamp", "core"), role("horn")]
DRIVER = role("driver", hooks=("ocpp_driver",))


def test_what_fits_twice_beside_the_state_is_taken() -> None:
    room = (384 * KIB // 4096 - 20) // 2
    sizes = [4096] * room
    refuse_what_does_not_fit(384 * KIB, sizes, FOUND, ROLES, "mpy")
    refuse_what_does_not_fit(0, sizes * 9, FOUND, ROLES, "mpy")
    with pytest.raises(BundleError) as refusal:
        refuse_what_does_not_fit(384 * KIB, [*sizes, 1], FOUND, [*ROLES, DRIVER], "mpy")
    numbers, savings = str(refusal.value).splitlines()
    assert "takes 39 blocks of 4096 bytes (155649 bytes in 39 files)" in numbers
    assert "of the 96 blocks of /usr 20 are for state and file system, so 38 are left" in numbers
    assert "4096 bytes too many" in numbers
    assert savings == (
        "switching off in [profiles] would save: horn 9500 bytes, lamp 7000 bytes"
    ), "core and driver are needed by others"


def test_savings_are_those_of_the_form_that_is_installed() -> None:
    with pytest.raises(BundleError, match=r"lamp 9000 bytes, horn 4000 bytes$"):
        refuse_what_does_not_fit(4096, [1], FOUND, ROLES, "py")


def test_nothing_can_be_switched_off() -> None:
    with pytest.raises(BundleError, match="save: nothing, all plugins are needed"):
        refuse_what_does_not_fit(4096, [1], FOUND, [], "py")
