"""Parameters that always get the same, or that nothing reads."""

from __future__ import annotations

from typing import Any


def test_what_every_call_hands_in_stands_where_it_is_read(sample: Any) -> None:
    sample.assert_same("""
        class Settings:
            wallbox_name = "box"

        class Meter:
            def __init__(self, settings, connector_number, initial_energy=100):
                self._settings = settings
                self._number = connector_number
                self.energy = initial_energy

            def step(self, watts, unused_hint, scale_factor=2):
                self.energy += watts * scale_factor
                if watts > 20:
                    self.step(watts - 20, "again")
                return self._settings.wallbox_name, self._number, self.energy

        def main():
            meters = [Meter(Settings, number) for number in (1, 2)]
            print([meter.step(30, "x") for meter in meters])
            print([meter.step(watts=31, unused_hint="y", scale_factor=2) for meter in meters])
        """)
    text = sample.text()
    for gone in ("unused_hint", "scale_factor", "wallbox_name", "initial_energy", "again"):
        assert gone not in text


def test_what_differs_or_is_handed_on_stays(sample: Any) -> None:
    sample.assert_same("""
        def scaled(value, factor):
            factor += 1
            return value * factor

        def shown(value, prefix="p"):
            return prefix + str(value)

        class Base:
            def __init__(self, name):
                self.name = name

            def hello(self, mark):
                return self.name + mark

        class Derived(Base):
            def hello(self, mark):
                return mark + super().hello(mark)

        def main():
            print(scaled(2, 3), scaled(4, 3))
            print(list(map(shown, [1, 2])), shown(3), shown(4))
            print(Base("a").hello("!"), Derived("a").hello("!"))
            many = (5, 3)
            print(scaled(*many), getattr(Base("a"), "hello")("?"))
        """)


def test_a_call_that_does_something_is_made(sample: Any) -> None:
    sample.assert_same("""
        class Log:
            def __init__(self):
                self.lines = []

            def add(self, line):
                self.lines.append(line)
                return line

        def idle(value, note):
            return value

        def main():
            log = Log()
            print(idle(1, log.add("one")), idle(2, log.add("two")), log.lines)
        """)


def test_a_method_called_by_its_class_gets_its_object_from_the_caller(sample: Any) -> None:
    sample.assert_same("""
        class Base:
            def __init__(self):
                self.seen = []

            def note(self, what, times=2):
                self.seen.append(what * times)
                return self.seen

        class Derived(Base):
            def run(self):
                return Base.note(self, 3)

        class Other:
            def __init__(self):
                self.values = []

            def put(self, value, extra=0):
                self.values.append(value + extra)
                return self.values

        def main():
            print(Derived().run(), Derived().run())
            other = Other()
            print(Other.put(other, 7))
        """)
