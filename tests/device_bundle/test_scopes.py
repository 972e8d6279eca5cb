"""Names mean the same after modules were merged, whatever they are called."""

from __future__ import annotations

from typing import Any


def test_helpers_of_the_same_name_in_several_modules(sample: Any) -> None:
    sample.assert_same(
        """
        from . import one, two
        from .one import read
        from .two import read as read_two

        def _parse(text):
            return "main " + text

        def main():
            print(_parse("a"), read("b"), read_two("c"), one.read("d"), two.LIMIT, one.LIMIT)
        """,
        one="""
        LIMIT = [1]

        def _parse(text):
            return "one " + text

        def read(text):
            return _parse(text)
        """,
        two="""
        LIMIT = [2]

        def _parse(text):
            return "two " + text

        def read(text):
            return _parse(text)
        """,
    )


def test_a_local_name_does_not_capture_an_imported_one(sample: Any) -> None:
    sample.assert_same(
        """
        from . import tools
        from .tools import convert as other

        def main():
            def inner(convert):
                parse = 3
                return [tools.parse(convert) + parse for parse in (1, 2)], other(parse)
            convert = 5
            print(inner(convert))
            print((lambda parse: tools.parse(parse))(4))
        """,
        tools="""
        def parse(value):
            return value * 10

        def convert(value):
            return value * 100
        """,
    )


def test_a_module_level_name_may_be_a_builtin_s(sample: Any) -> None:
    sample.assert_same(
        """
        from . import texts

        def main():
            print(texts.format(3), texts.max(1, 2), max(1, 2), len("ab"), texts.len)
        """,
        texts="""
        len = "long"

        def format(value):
            return "<" + str(value) + ">"

        def max(a, b):
            return "mine"
        """,
    )


def test_scopes_within_functions_and_classes(sample: Any) -> None:
    sample.assert_same("""
        total = (1, 2)
        name = "global"

        class Thing:
            name = "class"
            copy = name + "!"

            def read(self):
                return name

            def count(self, total=total):
                def add():
                    nonlocal count
                    count += sum(total)
                    return count
                count = 1
                add()
                return add()

        def shadow():
            total = [total for total in (7, 8)]
            pairs = {total: name for total, name in ((1, 2),)}
            try:
                raise ValueError(3)
            except ValueError as name:
                caught = name.args[0]
            return total, pairs, caught

        def late():
            return defined_later()

        def defined_later():
            return "later"

        def main():
            print(Thing.name, Thing.copy, Thing().read(), Thing().count(), shadow(), late())
            print([total for _ in total], sorted(x * y for x in total for y in total))
        """)


def test_re_exports_and_packages_are_followed(sample: Any) -> None:
    sample.assert_same(
        """
        import fixture.deep
        from fixture import shelf
        from .shelf import tool as wrench

        def main():
            print(wrench(), shelf.tool(), fixture.deep.tool())
        """,
        shelf="from .deep import tool\n",
        deep="def tool():\n    return 'tool'\n",
    )


def test_import_guards_work_on_both(sample: Any) -> None:
    sample.assert_same(
        """
        from .codec import dumps

        def main():
            print(dumps([1, 2]))
        """,
        codec="""
        try:
            import ujson as json
        except ImportError:
            import json

        def dumps(value):
            return json.dumps(value)
        """,
    )
