"""What is imported inside a function is loaded when that runs, and the rest is there before."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from device_bundle.compile import compile_module
from device_bundle.emit import emit
from device_bundle.later import RESIDENT, zones
from device_bundle.runtime import later
from device_bundle.sourcemap import source_map
from device_bundle.trace import Tracer

MAIN = """
    from fixture.shared import describe


    class Shop:
        def __init__(self):
            self.orders = []

        def order(self, name, count):
            from fixture.parts import Part, weigh

            part = Part(name, self)
            self.orders.append(part)
            return weigh(part, count)

        def deliver(self):
            for part in self.orders:
                print(part.pack_for_delivery(len(self.orders)), part.short_label())


    def main():
        shop = Shop()
        print(describe("shop"), shop.order("bolt", 3), shop.order("nut", 4))
        shop.deliver()
    """

PARTS = """
    from typing import NamedTuple

    from fixture.shared import describe, ounces

    LEAST = 7


    class Size(NamedTuple):
        width: int


    class Part:
        def __init__(self, name, shop):
            self.part_name = name
            self.shop = shop

        def pack_for_delivery(self, count):
            text = describe(self.part_name)
            for number in range(count):
                text += " " + str(number)
            return self._wrap(text)

        def short_label(self):
            return self.part_name + "@"

        def _wrap(self, text):
            return "<" + text + ">"


    def weigh(part, count):
        return max(LEAST, ounces(len(part.part_name)) * count)
    """

SHARED = """
    def describe(name):
        print("described", name)
        return "the " + name


    def ounces(grams):
        total = 0
        for _ in range(grams):
            total += 28
        return total
    """


def test_the_program_does_the_same(sample: Any) -> None:
    sample.assert_same(MAIN, parts=PARTS, shared=SHARED)


def test_what_only_such_an_import_needs_is_a_file_of_its_own(sample: Any) -> None:
    sample.write(MAIN, parts=PARTS, shared=SHARED)
    texts = sample.emit()
    assert list(texts)[-1] == "app"
    apart = texts.pop("later_parts")
    resident = "".join(texts.values())
    assert "'<'" in apart  # a method that only another one of its class calls
    assert "'described'" in resident  # which both use
    assert "'described'" not in apart
    # Called at one place, in the resident part, where they would otherwise be put.
    assert "range" not in resident
    assert "range" in apart
    assert "'@'" not in resident
    assert "'@'" in apart
    assert "28" in apart
    inside = [line for line in resident.splitlines() if "usr.later_parts" in line]
    assert inside
    assert all(line.startswith((" ", "\t")) for line in inside)


def test_what_several_such_imports_share_is_there_before(sample: Any) -> None:
    text = sample.assert_same(
        """
        def main():
            first()
            second()

        def first():
            from fixture.one import One
            print(One().value())

        def second():
            from fixture.two import Two
            print(Two().value())
        """,
        one="""
        from fixture.both import listed

        class One:
            def value(self):
                return listed("one", 1)
        """,
        two="""
        from fixture.both import listed

        class Two:
            def value(self):
                return listed("two", 2)
        """,
        both="""
        def listed(name, number):
            values = [name]
            for value in range(number):
                values.append(value)
            print("listing")
            return values
        """,
    )
    assert text
    texts = sample.emit()
    homes = [name for name, text in texts.items() if "'listing'" in text]
    assert len(homes) == 1
    assert not homes[0].startswith(later.PREFIX)
    assert {"later_one", "later_two"} <= set(texts)


def test_what_is_there_anyway_is_no_file_of_its_own(sample: Any) -> None:
    sample.assert_same(
        """
        from fixture.parts import Part

        def main():
            print(Part("bolt").name, made("nut").name)

        def made(name):
            from fixture.parts import Part as Kind
            return Kind(name)
        """,
        parts="""
        class Part:
            def __init__(self, name):
                self.name = name
        """,
    )
    assert not [name for name in sample.emit() if name.startswith(later.PREFIX)]


def test_a_module_may_load_another_one(sample: Any) -> None:
    sample.assert_same(
        """
        def main():
            from fixture.outer import run
            print(run(3))
        """,
        outer="""
        def run(count):
            from fixture.inner import Inner
            return [Inner(number).twice() for number in range(count)]
        """,
        inner="""
        class Inner:
            def __init__(self, number):
                self.number = number

            def twice(self):
                return self.number * 2
        """,
    )
    assert {"later_outer", "later_inner"} <= set(sample.emit())


def test_nothing_is_apart_where_nothing_is_imported_so(sample: Any) -> None:
    sample.write("def main():\n    print('all there')\n")
    assert zones(sample.link().definitions) == {}
    assert RESIDENT == ""


@pytest.mark.parametrize(
    "line",
    [
        "from fixture.parts import LEAST",
        "from fixture.parts import Size",
        "from fixture import parts",
        "from ocpp_kernel.errors import NotSupported",
    ],
    ids=["a constant", "a tuple", "a module", "of another package"],
)
def test_only_functions_and_classes_of_its_own_package_are_imported_so(
    sample: Any, line: str
) -> None:
    sample.write(f"def main():\n    {line}\n    print(1)\n", parts=PARTS, shared=SHARED)
    (refusal,) = sample.refusals()
    assert "an import inside a function" in refusal


def test_a_traceback_through_it_leads_to_the_source(
    sample: Any, tmp_path: Path, micropython: Path
) -> None:
    sample.write(
        "def main():\n    from fixture.parts import Part\n\n    Part(3).break_down(1)\n",
        parts="""
        class Part:
            def __init__(self, strength):
                self.strength = strength

            def break_down(self, step):
                for number in range(3):
                    if number > step:
                        raise ValueError(self.strength)

        """,
    )
    linked = sample.link()
    emitted = emit(linked)
    usr = tmp_path / "device" / "usr"
    usr.mkdir(parents=True)
    for name, text in emitted.texts.items():
        usr.joinpath(f"{name}.py").write_text(text)
        assert compile_module(name, text)
    done = subprocess.run(
        [micropython, "-c", "import usr.app"],
        cwd=usr.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    tmp_path.joinpath("map.json").write_bytes(source_map(linked, emitted))
    lines = list(Tracer(tmp_path / "map.json").rewrite((done.stdout + done.stderr).splitlines()))
    assert lines[-1] == "ValueError: 3"
    assert 'parts.py", line 9, in Part.break_down' in lines[-2]


def test_its_memory_is_free_once_it_is_unloaded(sample: Any) -> None:
    """And it can be loaded again, also where it failed half way."""
    sample.write(
        """
        import gc
        from fixture.runtime import modules, unload

        def heavy():
            from fixture.heavy import weight
            return weight()

        def broken():
            from fixture.broken import value
            return value()

        def kept():
            gc.collect()
            return gc.mem_alloc()

        def main():
            heavy()
            unload("later_heavy")
            before = kept()
            for _ in range(2):
                print(heavy(), "usr.later_heavy" in modules(), kept() - before > 20000)
                unload("later_heavy")
                print("usr.later_heavy" in modules(), kept() - before < 1000)
            for _ in range(2):
                try:
                    broken()
                except ZeroDivisionError:
                    print("usr.later_broken" in modules())
                unload("later_broken")
            unload("later_broken")
            print("usr.later_broken" in modules())
        """,
        runtime=Path(later.__file__).read_text(),
        heavy="""
        TABLE = [0] * 3000

        def weight():
            return len(TABLE)
        """,
        broken="""
        VALUES = [1 // int("0")]

        def value():
            return VALUES[0]
        """,
    )
    told = sample.run_on_device().splitlines()
    assert told[:4] == ["3000 True True", "False True"] * 2
    assert told[-1] == "False"
    assert len(told) == 7
