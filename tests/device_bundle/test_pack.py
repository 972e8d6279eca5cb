"""Modules stay within their limits, and import only those before them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from device_bundle.findings import BundleError
from device_bundle.pack import Piece, pack, seen_in
from device_bundle.program import Definition, Module, Symbol, make_ref
from device_bundle.render import render


def made(package: str, *functions: tuple[str, int, list[str]]) -> list[Definition]:
    """Functions of a package by name and size, with what each of them calls."""
    module = Module(package, Path(), package, package, False, [], ast.Module([], []))
    found = []
    for line, (name, size, needs) in enumerate(functions, 1):
        node = ast.parse("\n" * line + f"def {name}(): pass").body[0]
        assert isinstance(node, ast.FunctionDef)
        node.body = [
            ast.Expr(make_ref(Symbol(*need.split(".")), node, ast.Load(), frozenset()))
            for need in needs
        ]
        module.define((name,), node)
        module.definitions[-1].text = "x" * size
        found.append(module.definitions[-1])
    return found


def shape(pieces: list[Piece]) -> dict[str, list[str]]:
    return {piece.name: [part.names[0] for part in piece.definitions] for piece in pieces}


def test_a_package_that_fits_is_one_module_and_what_is_needed_comes_first() -> None:
    kernel = made("kernel", ("a", 10, ["kernel.b"]), ("b", 10, []))
    plugin = made("plugin", ("c", 10, ["kernel.a"]))
    pieces = pack([*plugin, *kernel], ["kernel", "plugin"], 100, 9)
    assert shape(pieces) == {"kernel": ["b", "a"], "plugin": ["c"]}


def test_a_package_that_is_too_large_is_cut_evenly() -> None:
    kernel = made("kernel", *((f"f{number:02d}", 10, []) for number in range(12)))
    pieces = pack(kernel, ["kernel"], 100, 9)
    assert [piece.name for piece in pieces] == ["kernel_1", "kernel_2"]
    assert [piece.size for piece in pieces] == [60, 60]


def test_functions_that_need_each_other_stay_together() -> None:
    kernel = made(
        "kernel",
        ("first", 60, ["kernel.second"]),
        ("other", 60, []),
        ("second", 30, ["kernel.first"]),
    )
    pieces = pack(kernel, ["kernel"], 100, 9)
    assert shape(pieces) == {"kernel_1": ["first", "second"], "kernel_2": ["other"]}


def test_small_packages_are_joined_when_there_are_too_many_files() -> None:
    order = [f"p{number}" for number in range(5)]
    parts = [made(name, ("run", 10 + number, []))[0] for number, name in enumerate(order)]
    pieces = pack(parts, order, 100, 3)
    assert len(pieces) == 3
    assert [part.module.name for piece in pieces for part in piece.definitions] == order
    assert len({piece.name for piece in pieces}) == 3


def test_more_files_than_allowed_are_refused_with_the_numbers() -> None:
    order = ["a", "b", "c"]
    parts = [made(name, ("run", 80, []))[0] for name in order]
    with pytest.raises(BundleError, match="needs 4 files of at most 100 bytes, but only 3"):
        pack(parts, order, 100, 2)


def test_one_definition_larger_than_a_file_is_refused_by_name() -> None:
    (huge,) = made("kernel", ("huge", 200, []))
    with pytest.raises(BundleError, match=r"kernel:2: huge has 200 bytes.*100"):
        pack([huge], ["kernel"], 100, 9)


def test_no_two_modules_have_one_name() -> None:
    order = ["one", "one_1", "two"]
    parts = [
        *made("one", ("a", 80, []), ("b", 80, [])),
        *made("one_1", ("c", 80, [])),
        *made("two", ("d", 9, [])),
    ]
    assert shape(pack(parts, order, 100, 9)) == {
        "one_1": ["a"],
        "one_2": ["b"],
        "one_1_more": ["c"],
        "two": ["d"],
    }


def test_packages_that_need_each_other_share_a_module() -> None:
    parts = [*made("a", ("one", 10, ["b.two"])), *made("b", ("two", 10, ["a.one"]))]
    pieces = pack(parts, ["a", "b"], 100, 9)
    assert shape(pieces) == {"a": ["one", "two"]}


def test_where_files_are_short_they_are_filled_from_the_last_whatever_the_packages() -> None:
    """What is left over goes into the first; nothing is before what it needs."""
    kernel = made("kernel", ("a", 40, []), ("b", 40, ["kernel.a"]), ("c", 25, []))
    plugin = made("plugin", ("d", 60, ["kernel.b"]), ("e", 70, ["plugin.d"]))
    last = made("app", ("run", 5, ["plugin.e", "kernel.c"]))
    order = ["kernel", "plugin", "app"]
    pieces = pack([*kernel, *plugin, *last], order, 100, 4)
    assert shape(pieces) == {
        "program_1": ["a"],
        "program_2": ["b", "d"],
        "program_3": ["c", "e"],
        "app": ["run"],
    }
    assert seen_in(pieces)[Symbol("kernel", "b")] == {"program_2"}
    assert seen_in(pieces)[Symbol("plugin", "d")] == {"program_2", "program_3"}


def test_modules_that_import_others_are_imported_before_those() -> None:
    """A device compiles a module before what it imports: the first pieces come last."""
    kernel = made("kernel", ("a", 30, []), ("b", 30, ["kernel.a"]))
    plugin = made("plugin", ("c", 30, ["kernel.b"]))
    last = made("app", ("run", 5, ["kernel.a", "plugin.c", "kernel.b"]))
    pieces = pack([*kernel, *plugin, *last], ["kernel", "plugin", "app"], 30, 4)
    assert [piece.name for piece in pieces] == ["kernel_1", "kernel_2", "plugin", "app"]
    names = {symbol: symbol.name for symbol in seen_in(pieces)}
    imports = render(pieces, names, "usr.")["app"].splitlines()[:3]
    assert [line.split()[1] for line in imports] == ["usr.plugin", "usr.kernel_2", "usr.kernel_1"]
