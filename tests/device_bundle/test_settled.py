"""What has one value for good stands where it is read, and its name goes."""

from __future__ import annotations

from typing import Any

import pytest

SETTINGS = """
    class Settings:
        vendor = "Example"
        secure = False
        phases = 3
        names = ("one", "two")

    class Meter:
        def __init__(self, settings, scale=10, unit="Wh"):
            self._settings = settings
            self._scale = scale
            self._unit = unit
            self._limit = None
            self.total = 0

        def add(self, energy, on_change=None):
            self.total += energy * self._scale
            if on_change is not None:
                on_change(self.total)
            if self._limit is not None and self.total > self._limit:
                raise ValueError("there is no limit to exceed")

        @property
        def label(self):
            return "%s %s" % (self.total, self._unit)

        def tell(self):
            settings = self._settings
            if settings.secure:
                print("a secret that is never told")
            print(self.label, settings.vendor, settings.phases, settings.names)

    class Other:
        def __init__(self, settings, limit):
            self._settings = settings
            self._limit = limit

        def tell(self):
            print(self._settings, self._limit)

    def run(settings, times, unused):
        meter = Meter(settings)
        for number in range(times):
            meter.add(number)
        meter.tell()

    def main():
        run(Settings, 4, main)
        Other("other", 5).tell()
        Other("another", 6).tell()
"""


def test_settings_are_no_more_than_their_values(sample: Any) -> None:
    printed = sample.assert_same(SETTINGS)
    assert printed.splitlines()[0] == "60 Wh Example 3 ('one', 'two')"
    text = sample.text()
    assert "secret" not in text, "an option that is off"
    assert "exceed" not in text, "a limit that is never set"
    assert "Other" not in text, "names are short"
    assert text.count("class ") == 2, "Settings went"


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ("meter._limit = 9", "a limit somebody else sets"),
        ("setattr(meter, '_limit', 9)", "a limit set by its name"),
        ("Meter._limit = 9", "a limit of all meters"),
    ],
)
def test_what_may_change_stays(sample: Any, change: str, kept: str) -> None:
    program = SETTINGS.replace(
        "meter = Meter(settings)", f"meter = Meter(settings)\n        {change}"
    )
    sample.write(program)
    assert "exceed" in sample.text(), kept


def test_a_class_that_is_handed_on_keeps_its_members(sample: Any) -> None:
    program = SETTINGS.replace("settings.names)", "settings.names, getattr(settings, 'phases'))")
    sample.assert_same(program)
    assert "Example" in sample.text()


PARAMETERS = """
    class Base:
        def __init__(self, value, kind):
            self.value = value
            self.kind = kind

    class Derived(Base):
        def __init__(self, value):
            Base.__init__(self, value, "derived")

    def same(first, second, third=3):
        return first * second + third

    def changed(value, step):
        step += 1
        return value + step

    def captured(value, name):
        def inner(name):
            return name + value
        return inner(name) + name

    def differs(kind):
        return "text" if type(kind) is str else "number"

    def handed(value, factor):
        return value * factor

    def generated(value, times):
        for _ in range(times):
            yield value

    def noted(log, value):
        log.append(value)
        return len(log)

    def idle(value, log):
        return value

    def main():
        print(same(2, second=5), same(3, 5), same(4, 5, 3))
        print(changed(1, 2), changed(3, 2))
        print(captured(10, 7), captured(20, 7))
        print(differs(1), differs(True), differs("1"))
        print([call(2, 3) for call in (handed,)], handed(4, 3))
        print(list(generated("a", 2)), list(generated("b", 2)))
        log = []
        print(idle(1, noted(log, 5)), idle(2, noted(log, 6)), log)
        print(Derived(1).kind, Derived(2).value, Base(3, "base").kind)
"""


def test_parameters_that_never_differ_are_taken_away(sample: Any) -> None:
    sample.assert_same(PARAMETERS)


COPIES = """
    class Options:
        step = 2

    def main():
        limit = 5
        options = Options
        text = "a rather long text that is read twice"
        total = 0
        for number in range(limit):
            if number == 3:
                found = number
            last = "even" if number % 2 == 0 else "odd"
            total += options.step
        found = found + 1
        print(total, found, last, text, len(text), limit)

        def later():
            nonlocal changed
            changed = limit + 1

        changed = 0
        later()
        print(changed)
        try:
            quiet = True
            raise ValueError("x")
        except ValueError as error:
            print(quiet, error)
"""


def test_local_names_of_literals_go(sample: Any) -> None:
    sample.assert_same(COPIES)
