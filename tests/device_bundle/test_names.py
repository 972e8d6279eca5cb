"""Shortened names change nothing."""

from __future__ import annotations

import itertools
import re
from typing import Any

from device_bundle.spellings import short_names
from device_bundle.targets import Limits


def test_short_names_avoid_keywords_builtins_and_what_is_taken() -> None:
    names = list(itertools.islice(short_names({"a", "ab"}), 2000))
    assert names[:2] == ["b", "c"]
    assert len(set(names)) == len(names)
    assert not {"as", "if", "is", "id", "a", "ab"} & set(names)


def test_locals_attributes_and_keywords(sample: Any) -> None:
    sample.assert_same("""
        class Meter:
            _scale = 10
            factor = _scale * 2

            def __init__(self, start_value, *, limit_value=5, **others):
                self._value = start_value
                self.limit_value = limit_value
                self.names = sorted(others)

            @property
            def reading(self):
                return self._value * self._scale

            @reading.setter
            def reading(self, new_value):
                self._value = new_value

            def _private(self, first_one, second_one=2):
                return first_one - second_one

            def visible(self):
                return self._private(second_one=1, first_one=9) + self.factor

        def main():
            meter = Meter(3, limit_value=6, extra=1)
            meter.reading = meter.reading + 1
            print(meter.reading, meter.limit_value, meter.names, meter.visible())
            print(getattr(meter, "limit_value"), hasattr(meter, "missing"), Meter._scale)
            long_list = ["b", "a"]
            long_list.sort(key=lambda entry: entry, reverse=True)
            print(long_list, "{}".format(long_list[0]), " x ".strip())
        """)
    text = sample.text()
    assert "_private" not in text
    assert "visible" not in text
    assert "new_value" not in text
    assert "limit_value" in text


def test_attributes_of_firmware_objects_keep_their_names(sample: Any) -> None:
    sample.write(
        """
        from .hardware import Sensor

        class Own:
            def read_temp(self):
                return 1

            def spin_up(self):
                return 2

        def main():
            print(Sensor().sensor.read_temp(), Own().read_temp(), Own().spin_up())
        """,
        hardware="""
        import machine

        class Sensor:
            def __init__(self):
                self.sensor = machine.Thermometer()
        """,
    )
    text = sample.text()
    assert "read_temp" in text
    assert "spin_up" in text
    assert "machine.Thermometer" in text


def test_classes_keep_their_names_for_logs(sample: Any) -> None:
    sample.assert_same("""
        class MeterError(Exception):
            pass

        def main():
            try:
                raise MeterError("late")
            except MeterError as error:
                print(type(error).__name__, error)
        """)


def test_modules_that_do_not_meet_share_short_names(sample: Any) -> None:
    """A name means one thing in a module, whether it is defined there or imported."""
    sample.limits = Limits(files=20, file_bytes=250)
    parts = {
        f"part{number}": f"""
        from fixture.common import seen

        LIMITS{number} = [{number}, 1]

        def first{number}(a):
            seen.append(a)
            return LIMITS{number}[0] + second{number}(a, len(seen)) + third{number}(a)

        def second{number}(a, b):
            LIMITS{number}[1] += a
            return sum(x * b for x in LIMITS{number}) + third{number}(b)

        def third{number}(d):
            for one in LIMITS{number}:
                d += one * second{number}(1, 2) if d < 0 else len("{"x" * number}")
            return d
        """
        for number in range(1, 4)
    }
    sample.assert_same(
        """
        from fixture.common import seen
        from fixture.part1 import first1
        from fixture.part2 import first2
        from fixture.part3 import first3

        def main():
            print(first1(1), first2(2), first3(3))
            print(first1(4), first2(5), first3(6), seen)
        """,
        common="seen = []",
        **parts,
    )
    texts = sample.emit().values()
    defined = [name for text in texts for name in re.findall(r"^(?:def )?(\w+)[(=]", text, re.M)]
    assert len(texts) > 3
    assert len(set(defined)) < len(defined)


def test_records_keep_their_names_for_logs(sample: Any) -> None:
    """What happened is told in diagnostics as it prints."""
    sample.write("""
        from typing import NamedTuple

        class MeterReading(NamedTuple):
            value: int

        def main():
            print(repr(MeterReading(7)).split("(")[0])
        """)
    assert sample.run_on_device() == sample.run_here() == "MeterReading\n"


def test_long_texts_that_could_be_names_are_kept_as_names(sample: Any) -> None:
    sample.assert_same("""
        def one():
            return "MeterValuesSampledData"

        def two():
            return "MeterValuesSampledData", "MeterValuesAlignedData"

        def main():
            print(one(), two())
        """)
    first = sample.emit()["app"].splitlines()[0]
    assert first == "if 0:MeterValuesAlignedData;MeterValuesSampledData"


def test_decorators_and_defaults_belong_to_the_class(sample: Any) -> None:
    sample.assert_same("""
        class Meter:
            scale = 3

            def __init__(self):
                self._held = 0

            @property
            def reading(self):
                return self._held

            @reading.setter
            def reading(self, reading):
                self._held = reading

            def scaled(self, scale=scale, *, factor=scale):
                return scale * factor * self.scale

        def main():
            meter = Meter()
            meter.reading = 5
            print(meter.reading, meter.scaled(), meter.scaled(2, factor=1))
        """)


def test_keywords_of_functions_called_like_builtins(sample: Any) -> None:
    sample.assert_same("""
        class Shelf:
            def __init__(self):
                self.items = [3, 1]

            def sort(self, key=0):
                self.items.sort()
                return key

        def main():
            def max(a, key=0):
                return a + key

            shelf = Shelf()
            print(shelf.sort(key=5), shelf.sort(key=6), shelf.items, max(1, key=5), max(2, key=6))
        """)
