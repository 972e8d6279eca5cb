"""The examples in the kit's docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import ocpp_kernel.testing as kit

MODULES = [kit.__name__, *(f"{kit.__name__}.{m.name}" for m in pkgutil.iter_modules(kit.__path__))]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    module = importlib.import_module(name)
    failures, _ = doctest.testmod(module, extraglobs=dict(vars(kit)))
    assert failures == 0


def test_there_are_examples() -> None:
    found = doctest.DocTestFinder().find(kit, extraglobs=vars(kit))
    assert sum(len(test.examples) for test in found) > 3
