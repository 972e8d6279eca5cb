"""Short functions and properties stand where they are used, if that is shorter."""

from __future__ import annotations

from typing import Any


def test_properties_and_short_methods(sample: Any) -> None:
    sample.assert_same("""
        class Outlet:
            def __init__(self, power):
                self._power = power
                self.session = None

            @property
            def online(self):
                return self.session is not None

            @property
            def shown(self):
                return "%s W at %s V, that is %s kW and %s" % (
                    self._power, 230, self._power // 1000, [self._power, self._power + 1])

            def is_charging(self):
                return self._power > 0

            def scaled(self, factor):
                return self._power * factor

        def half(value):
            return value // 2

        def main():
            outlet = Outlet(7000)
            print(outlet.online, outlet.is_charging(), outlet.scaled(2), outlet.shown)
            outlet.session = outlet
            print(outlet.session.online, half(outlet.scaled(3)), half(9), outlet.shown)
            print([one.is_charging() for one in (outlet, Outlet(0))], outlet.shown)
        """)
    text = sample.text()
    assert text.count("property") == 1, "the long one, used three times"
    assert "is not None" in text


def test_arguments_with_effects_are_evaluated_once(sample: Any) -> None:
    sample.assert_same("""
        class Counter:
            def __init__(self):
                self.value = 0

            def next(self):
                self.value += 1
                print("next", self.value)
                return self.value

        def twice(value):
            return value + value

        def second(first, other):
            return other

        def main():
            counter = Counter()
            print(twice(counter.next()), second(counter.next(), counter.next()))
        """)
