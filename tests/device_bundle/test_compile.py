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
