"""Log lines and texts that are not wanted leave nothing behind."""

from __future__ import annotations

from typing import Any

import pytest

from device_bundle.optimise import Wishes

LOGGING = """
    class Station:
        def __init__(self):
            self.done = 0

        def log(self, level, text):
            print(level, text)

        def run(self, name):
            self.log("debug", "first %s" % (name,))
            self.log("info", self.work(name))
            self._warn("second {0}".format(name))
            try:
                self.log("error", "fourth")
            finally:
                self.log("info", "third" + str(self.done))
            return self.done

        def work(self, name):
            self.done += 1
            return "result " + name

        def _warn(self, text):
            self.log("warning", text)

    def main():
        print(Station().run("x"))
"""


@pytest.mark.parametrize(
    ("level", "lines"),
    [
        ("debug", ["debug", "info", "warning", "error", "info", "1"]),
        ("info", ["info", "warning", "error", "info", "1"]),
        ("warning", ["info", "warning", "error", "1"]),
        ("error", ["info", "error", "1"]),
        ("none", ["info", "1"]),
    ],
)
def test_lines_below_the_level_are_left_out_but_not_their_work(
    sample: Any, level: str, lines: list[str]
) -> None:
    sample.write(LOGGING)
    sample.wishes = Wishes(log=level)
    printed = sample.run_on_device()
    assert [line.split()[0] for line in printed.splitlines()] == lines
    assert ("second" in sample.text()) is ("warning" in lines)
    assert "result" in sample.text()


ERRORS = """
    from ocpp_kernel.errors import (
        LocalError, NotSupported, OcppError, PropertyConstraintViolation, ProtocolError,
    )

    def check(value):
        if value == 1:
            raise NotSupported("this is not supported here")
        if value == 2:
            raise PropertyConstraintViolation(f"{value} is longer than {20} characters")
        if value == 3:
            raise ProtocolError(f"{value} lacks {'field'!s} of {value + 1}", {"a": value})
        if value == 4:
            raise ValueError("a sentence of no protocol")

    def main():
        for value in range(1, 5):
            try:
                check(value)
            except ProtocolError as error:
                print("caught", error.code, error.description, error.details)
            except LocalError as error:
                print(isinstance(error, OcppError), error.code, error.description, error.details)
            except ValueError as error:
                print(error)
"""


def test_short_texts_keep_codes_values_and_details(sample: Any) -> None:
    sample.write(ERRORS)
    sample.wishes = Wishes(texts="short")
    assert sample.run_on_device().splitlines() == [
        "True NotSupported  None",
        "True PropertyConstraintViolation 2 None",
        "caught ProtocolError 3 4 {'a': 3}",
        "a sentence of no protocol",
    ]
    text = sample.text()
    assert "class NotSupported" not in text
    assert "class ProtocolError" in text, "somebody catches it"


def test_full_texts_are_the_same_as_on_cpython(sample: Any) -> None:
    sample.assert_same(ERRORS)


def test_methods_of_the_firmware_are_called_though_another_of_the_name_does_nothing(
    sample: Any,
) -> None:
    sample.wishes = Wishes(log="info")
    sample.assert_same("""
        class Silent:
            def append(self, thing):
                pass

        def main():
            Silent().append(1)
            found = []
            found.append(2)
            print(found)
        """)
