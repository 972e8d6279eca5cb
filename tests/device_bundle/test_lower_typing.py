"""What exists for type checkers leaves nothing behind, and the rest works as before."""

from __future__ import annotations

import sys
from typing import Any

import pytest


def test_annotations_and_docstrings_vanish(sample: Any) -> None:
    sample.assert_same('''
        """Module text."""
        from __future__ import annotations

        from collections.abc import Callable
        from typing import TYPE_CHECKING, Final, Literal

        if TYPE_CHECKING:
            from nowhere import Nothing

        __all__ = ["main"]
        Mode = Literal["a", "b"]
        LIMIT: Final = 12

        class Counter:
            """Class text."""

            __slots__ = ("value", "done")
            step: int = 2
            """Attribute text."""
            other: Nothing

            def __init__(self, start: int, done: Callable[[int], None] | None = None) -> None:
                """Method text."""
                self.value: int = start
                self.done = done

            def advance(self, *, times: int = 1) -> Counter:
                text: str
                for _ in range(times):
                    self.value += self.step
                return self

        def empty() -> None:
            """Only text."""

        def main() -> None:
            mode: Mode = "a"
            counter = Counter(LIMIT, None)
            print(counter.advance(times=3).value, mode, empty())
            if TYPE_CHECKING:
                print("never")
            else:
                print("always")
        ''')
    text = sample.text()
    for gone in ("Module text", "Class text", "Method text", "Literal", "Callable", "__slots__"):
        assert gone not in text


def test_casts_generics_and_protocols(sample: Any) -> None:
    sample.assert_same("""
        from typing import Any, Generic, Protocol, TypeVar, cast, final, overload, runtime_checkable

        T = TypeVar("T")

        @runtime_checkable
        class Reader(Protocol):
            size: int

            def read(self) -> str:
                "Text."
                ...

        class Box(Generic[T]):
            def __init__(self, value: T) -> None:
                self.value = value

            @overload
            def get(self) -> T: ...

            @overload
            def get(self, other: int) -> T: ...

            def get(self, other: int = 0) -> T:
                return self.value

        class File(Reader):
            size = 3

            def read(self) -> str:
                return "x" * self.size

        @final
        class Deep(Box[int]):
            def twice(self) -> int:
                return cast("int", self.get()) * 2

        class Mixin(Protocol):
            def hello(self) -> str:
                return "hello"

        class Greeter(Mixin):
            pass

        def main() -> None:
            reader: Reader = File()
            print(reader.read(), Deep(4).twice(), cast(Any, Box(5)).value, Greeter().hello())
        """)
    text = sample.text()
    assert "Reader" not in text
    assert "Generic" not in text


def test_typed_dicts_are_dicts(sample: Any) -> None:
    sample.assert_same("""
        from typing import TypedDict

        class Base(TypedDict):
            a: int

        class More(Base, total=False):
            b: str

        Other = TypedDict("Other", {"x-y": int})

        def main() -> None:
            made: More = More(a=1)
            made["b"] = "x"
            other: Other = {"x-y": 3}
            print(made["a"], made["b"], other["x-y"], len(Base(a=2)))
        """)
    assert "class" not in sample.text()


def test_named_tuples(sample: Any) -> None:
    printed = sample.assert_same(
        """
        from typing import NamedTuple

        from . import parts
        from .parts import Point

        class Size(NamedTuple):
            "Text."
            width: int
            height: int = 2

            @property
            def area(self) -> int:
                return self.width * self.height

            def scaled(self, by: int) -> "Size":
                return Size(self.width * by, height=self.height * by)

        def main() -> None:
            _NOTHING = 5
            point = Point(1)
            print(point.x, point[1], point.label, point == (1, 7, "none"))
            print(Point(label="b", x=3).label, parts.Point(1, 2, "c")[2], len(point), _NOTHING)
            x, y, label = Point(*(4, 5, "d"))
            print(x, y, label, Size(3).area, Size(width=3).scaled(2).area)
            print(isinstance(point, Point), isinstance(point, Size), type(point) is Point)
        """,
        parts="""
        from typing import NamedTuple

        _NOTHING = "none"

        class Point(NamedTuple):
            x: int
            y: int = 7
            label: str = _NOTHING
        """,
    )
    assert "24" in printed


def test_a_named_tuple_lacking_a_field_is_refused(sample: Any) -> None:
    sample.write("""
        from typing import NamedTuple

        class Point(NamedTuple):
            x: int
            y: int

        def main() -> None:
            print(Point(1))
        """)
    (refusal,) = sample.refusals()
    assert refusal.startswith("fixture/__init__.py:9: fixture.Point() lacks the field y")


@pytest.mark.parametrize(
    ("fields", "made", "advice"),
    [
        ("y: list = []", "Point(1)", "give a number, a text, None or a tuple"),
        ("y: int = 0", "Point(y=len('a'), x=len('b'))", "give them in this order: x, y"),
    ],
)
def test_a_named_tuple_whose_values_would_change_is_refused(
    sample: Any, fields: str, made: str, advice: str
) -> None:
    sample.write(
        "from typing import NamedTuple\n"
        f"class Point(NamedTuple):\n    x: int\n    {fields}\n"
        f"def main():\n    print({made})\n"
    )
    (found,) = sample.findings()
    assert (found.code, found.advice) == ("D604", advice)


def test_a_named_tuple_takes_plain_values_in_any_order(sample: Any) -> None:
    sample.assert_same("""
        from typing import NamedTuple

        class Point(NamedTuple):
            x: int
            y: int = -1
            z: tuple = (1, "a")

        def main():
            three = 3
            print(Point(y=2, x=len("b")).x, Point(z=three, y=4, x=5).z, Point(1).z, Point(1).y)
        """)


def test_raise_from_drops_the_cause(sample: Any) -> None:
    sample.assert_same("""
        def main() -> None:
            try:
                try:
                    int("x")
                except ValueError as error:
                    raise RuntimeError("bad") from error
            except RuntimeError as error:
                print(error)
        """)
    assert "from" not in sample.text().replace("from usr", "")


def test_bodies_left_empty_get_a_statement(sample: Any) -> None:
    sample.assert_same("""
        def main() -> None:
            for value in (1, 2):
                later: int
            try:
                "text"
            except ValueError:
                "text"
            else:
                assert True
            while False:
                x: int
            with_text = [1]
            if with_text:
                y: str
            else:
                "text"
            print(value)
        """)


def test_actions_are_names_and_requests_pairs(sample: Any) -> None:
    sample.assert_same(
        """
        from ocpp_kernel.contracts import Action

        from . import messages
        from .messages import Reset

        def main() -> None:
            name, payload = Reset({"type": "Soft"})
            print(name, payload["type"], messages.Reset.name, {Reset.name: 1}[name])
            print(messages.Reset({"type": "Hard"})[1]["type"])
        """,
        messages="""
        from typing import Literal, TypedDict

        from ocpp_kernel.contracts import CENTRAL_SYSTEM, Action

        class ResetRequest(TypedDict):
            type: Literal["Hard", "Soft"]

        class ResetResponse(TypedDict):
            status: Literal["Accepted"]

        Reset = Action("Reset", ResetRequest, ResetResponse, sent_by=CENTRAL_SYSTEM)
        """,
    )
    text = sample.text()
    assert "Action" not in text
    assert "Accepted" not in text


def test_other_attributes_of_actions_are_refused(sample: Any) -> None:
    sample.write("""
        from ocpp_kernel.contracts import CENTRAL_SYSTEM, Action
        from typing import TypedDict

        class Empty(TypedDict):
            pass

        Ping = Action("Ping", Empty, Empty, sent_by=CENTRAL_SYSTEM)

        def main():
            print(Ping.name, Ping.sent_by, Ping())
        """)
    assert sample.refusals() == [
        "fixture/__init__.py:11: sent_by of the action Ping; "
        "of an action only its name reaches a device",
        "fixture/__init__.py:11: Ping is called with one payload; pass a dict",
    ]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the syntax is that of Python 3.12")
def test_type_parameters_vanish(sample: Any) -> None:
    sample.assert_same("""
        type Pair[T] = tuple[T, T]

        class Box[T]:
            def __init__(self, value: T) -> None:
                self.value = value

        def first[T](pair: Pair[T]) -> T:
            return pair[0]

        def main() -> None:
            print(first((1, 2)), Box(3).value)
        """)


def test_types_in_brackets_behind_a_class_vanish(sample: Any) -> None:
    sample.assert_same("""
        from typing import Generic, TypeVar

        T = TypeVar("T")

        class Box(Generic[T]):
            def __init__(self, content: T) -> None:
                self.content = content

        class Shelf(Box[int]):
            def __getitem__(self, at):
                return self.content + at

        def main():
            print(Box[int](5).content, Box[str]("x").content, Shelf(1)[2])
        """)
