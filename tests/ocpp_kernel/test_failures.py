"""Whose fault a failure is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ocpp_kernel.errors import Ignored, NotSupported
from ocpp_kernel.failures import PluginFailure, described, named, place


def fail(*arguments: Any) -> Any:
    raise ValueError("oops")


def raising(error: BaseException) -> Callable[..., Any]:
    def raise_it(*arguments: Any) -> Any:
        raise error

    return raise_it


def test_a_failure_names_plugin_exception_and_line() -> None:
    with pytest.raises(PluginFailure) as caught:
        named("acme", fail)(1)
    line = fail.__code__.co_firstlineno + 1
    assert repr(caught.value) == f"plugin acme: ValueError: oops ({__file__}:{line})"
    assert isinstance(caught.value.__cause__, ValueError)


async def test_so_does_one_of_an_async_handler() -> None:
    async def handler(station: Any, request: Any) -> Any:
        raise KeyError(request)

    with pytest.raises(PluginFailure, match="plugin acme: KeyError: 'a'"):
        await named("acme", handler)(None, "a")


@pytest.mark.parametrize("refusal", [NotSupported("no"), Ignored()])
async def test_refusals_pass_as_they_are(refusal: Exception) -> None:
    async def later(*arguments: Any) -> Any:
        raise refusal

    with pytest.raises(type(refusal)):
        named("acme", raising(refusal))()
    with pytest.raises(type(refusal)):
        await named("acme", later)()


def test_answers_and_names_are_the_functions_own() -> None:
    guarded = named("acme", lambda number: number + 1)
    assert guarded(1) == 2
    assert named("acme", fail).__name__ == "fail"


def test_the_plugin_that_raised_is_named_not_the_one_that_called_it() -> None:
    inner = named("inner", fail)
    with pytest.raises(PluginFailure, match="plugin inner: "):
        named("outer", inner)()


def test_an_exception_without_text_or_traceback() -> None:
    assert described(KeyError()) == "KeyError"


def test_what_has_no_source_has_no_place() -> None:
    assert place(int) == ""
    assert place(fail) == f"({__file__}:{fail.__code__.co_firstlineno})"
