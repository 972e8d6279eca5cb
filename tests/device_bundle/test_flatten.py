"""Objects that belong to one other object are merged into it."""

from __future__ import annotations

from typing import Any

SOURCE = """
    class Boot:
        attempts = 3

        def __init__(self, core, delay):
            self._core = core
            self._station = core.station
            self.status = ""
            self.delay = delay

        @property
        def is_ready(self):
            return self.status == "Accepted" and self._station is self._core.station

        def accept(self, status):
            self.status = status
            self._core.names.append("accepted in %s by %s" % (self.delay, self._station))
            self._core.log(lambda: self.status)

    class Console:
        def __init__(self, station, hardware):
            self._station = station
            self._hardware = hardware

        def obey(self, line):
            self._hardware.names.append(self._station + line)

    class Core:
        def __init__(self, station):
            self.station = station
            self.names = []
            self.boot = Boot(self, 30)
            self._console = Console(station, self)
            self.status = "core"

        def log(self, text):
            self.names.append(text())

        def run(self):
            self.boot.accept("Pending")
            self.boot.accept("Accepted")
            self._console.obey("!")
            {extra}
            return [self.status, self.boot.status, self.boot.is_ready, self.boot.attempts]

    def main():
        core = Core("s")
        core.boot.delay = 4
        print(core.run(), core.names)
"""


def classes(sample: Any) -> int:
    return int(sample.text().count("class "))


def test_parts_become_attributes_of_their_owner(sample: Any) -> None:
    sample.assert_same(SOURCE.format(extra=""))
    assert classes(sample) == 1


def test_a_part_that_is_handed_on_stays_an_object(sample: Any) -> None:
    sample.assert_same(SOURCE.format(extra="print(isinstance(self.boot, Core))"))
    assert classes(sample) == 2


def test_a_part_made_twice_stays_a_class(sample: Any) -> None:
    sample.assert_same(SOURCE.format(extra="print(Boot(self, 1).delay)"))
    assert classes(sample) == 2


def test_parts_of_the_same_name_in_two_classes(sample: Any) -> None:
    sample.assert_same("""
        class Keys:
            def __init__(self):
                self.names = ["keys"]

            def add(self, name):
                self.names.append(name)

        class Locks:
            def __init__(self):
                self.names = ["locks"]

            def add(self, name):
                self.names.insert(0, name)

        class First:
            def __init__(self):
                self._parts = Keys()

            def run(self):
                self._parts.add("a")
                return self._parts.names

        class Second:
            def __init__(self):
                self._parts = Locks()

            def run(self):
                self._parts.add("b")
                return self._parts.names

        def main():
            print(First().run(), Second().run())
        """)
    assert classes(sample) == 2


def test_a_class_with_bases_or_special_methods_stays(sample: Any) -> None:
    sample.assert_same("""
        class Base:
            def name(self):
                return "base"

        class Part(Base):
            def step(self):
                return self.name()

        class Table:
            def __getitem__(self, key):
                return key * 2

            def twice(self, key):
                return self[key]

        class Owner:
            def __init__(self):
                self.part = Part()
                self.table = Table()

            def run(self):
                return self.part.step(), self.table.twice(4), self.part.name()

        def main():
            print(Owner().run())
        """)
    assert classes(sample) == 4
