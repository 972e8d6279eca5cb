"""Constants stand where they are used, and nowhere else."""

from __future__ import annotations

from typing import Any


def test_literals_are_put_in_place(sample: Any) -> None:
    sample.assert_same(
        """
        from . import limits
        from .limits import DAY, NAME, WORD

        def main():
            print(DAY, limits.HOUR // 2, NAME, WORD, limits.LOW, limits.FLAGS, limits.NOTHING)
            print([DAY for DAY in (1,)], limits.LONG, limits.LONG, limits.PAIR[0], limits.ON)
            print(limits.HALF * 2, limits.DATA)
        """,
        limits="""
        HOUR = 60 * 60
        DAY = 24 * HOUR
        LOW = -5
        FLAGS = 1 << 4 | 3
        NAME = "short"
        WORD = "used once, however long it may be"
        LONG = "used twice and therefore kept by name"
        NOTHING = None
        PAIR = (HOUR, DAY)
        ON = True
        HALF = 0.5
        DATA = b"ab"
        UNUSED = "never"
        """,
    )
    text = sample.text()
    assert "86400" in text
    assert text.count("used twice") == 1
    assert "never" not in text
    assert "HOUR" not in text
