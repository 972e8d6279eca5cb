"""Attributes no object can both have share a name."""

from __future__ import annotations

from typing import Any


def test_classes_share_names_and_stay_apart(sample: Any) -> None:
    fields = "abcdefghij"
    stores = ["; ".join(f"self.{kind}_{x} = '{kind}{x}'" for x in fields) for kind in ("p", "q")]
    reads = [", ".join(f"{kind}.{kind}_{x}" for x in fields) for kind in ("p", "q")]
    sample.assert_same(f"""
        class First:
            def __init__(self):
                {stores[0]}

        class Second:
            def __init__(self):
                {stores[1]}

        class Derived(First):
            def __init__(self):
                super().__init__()
                self.own_one = 1
                self.own_two = 2

            def step(self):
                return self.own_one + self.own_two, self.p_a

        def main():
            p, q, derived = First(), Second(), Derived()
            p.from_outside = 1
            q.from_elsewhere = 2
            print({reads[0]}, {reads[1]}, p.from_outside, q.from_elsewhere)
            print(derived.step(), derived.p_b, derived.p_j, derived.own_two)
        """)
    stored = {part.split("=")[0].split(".")[1] for part in _stores(sample.text())}
    assert len(stored) <= len(fields) + 4


def _stores(text: str) -> list[str]:
    return [
        part
        for line in text.splitlines()
        for part in line.split(";")
        if ".p" not in part
        and "=" in part
        and part.strip().split("=")[0].count(".") == 1
        and "(" not in part
    ]


def test_records_and_class_attributes(sample: Any) -> None:
    sample.assert_same("""
        from typing import NamedTuple

        class Event(NamedTuple):
            connector: int
            reason: str

        class Tag(NamedTuple):
            rank: int
            status: str

        class Held:
            unit = "Wh"
            doubled = unit * 2

            def __init__(self, event):
                self.event = event

        def main():
            event, tag = Event(1, "Local"), Tag(2, "Accepted")
            held = Held(event)
            print(event.connector, event.reason, tag.rank, tag.status, held.event.reason)
            print(Held.unit, held.doubled)
        """)


def test_an_attribute_that_is_looked_for_is_found_where_it_is_only(sample: Any) -> None:
    """Objects that lack it are told by AttributeError, so no other name may be spelled like it."""
    sample.assert_same("""
        class Lamp:
            def __init__(self, level):
                self.level = level

        class Relay:
            def __init__(self, state):
                self.state = state

        class Motor:
            def __init__(self):
                print(strictly(self), self.is_set())
                self.speed = 7

            def is_set(self):
                try:
                    return self.speed
                except AttributeError:
                    return "not yet"

        def strictly(part):
            try:
                return part.level
            except AttributeError:
                return "no level"

        def anyhow(part):
            try:
                return part.level + 1
            except Exception:
                return "no level"

        def main():
            for part in (Lamp(1), Relay(2), Lamp(3)):
                for read in (strictly, anyhow):
                    print(read(part))
            print(Relay(4).state, Motor().speed)
        """)
