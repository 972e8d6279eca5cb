"""Averages of what a meter read during a clock-aligned interval (CORE-070). Portable.

Values are decimal texts; thousandths are what they are calculated in, since some devices have
32-bit floats.
"""

from __future__ import annotations


def to_thousandths(text: str) -> int | None:
    """``-16.25`` to -16250; None where the text is no plain decimal number."""
    digits = text[1:] if text[:1] == "-" else text
    point = digits.find(".")
    whole, fraction = (digits, "") if point < 0 else (digits[:point], digits[point + 1 :])
    if not whole.isdigit() or (fraction and not fraction.isdigit()):
        return None
    value = int(whole) * 1000 + int((fraction + "000")[:3])
    return -value if text[:1] == "-" else value


def from_thousandths(value: int) -> str:
    """-16250 to ``-16.25``."""
    sign, value = ("-", -value) if value < 0 else ("", value)
    text = f"{value // 1000}.{value % 1000:03d}"
    while text[-1] == "0":
        text = text[:-1]
    return sign + (text[:-1] if text[-1] == "." else text)


class Averages:
    """Sums up readings per connector and measurand; registers are left as they are."""

    def __init__(self) -> None:
        self._sums: dict[str, list[int]] = {}

    def add(self, connector_id: int, values: list[str]) -> None:
        """One more reading: measurand, value, measurand, value ..."""
        for position in range(0, len(values), 2):
            number = to_thousandths(values[position + 1])
            if number is not None and not is_register(values[position]):
                name = f"{connector_id} {values[position]}"
                entry = self._sums.get(name)
                if entry is None:
                    self._sums[name] = [number, 1]
                else:
                    entry[0] += number
                    entry[1] += 1

    def apply(self, connector_id: int, values: list[str]) -> None:
        """Puts averages in the place of the last reading."""
        for position in range(0, len(values), 2):
            entry = self._sums.get(f"{connector_id} {values[position]}")
            if entry is not None:
                values[position + 1] = from_thousandths(entry[0] // entry[1])

    def clear(self, connector_id: int) -> None:
        """A new interval, or a new transaction, begins."""
        start = f"{connector_id} "
        for name in list(self._sums):
            if name.startswith(start):
                del self._sums[name]


def is_register(key: str) -> bool:
    """Whether a measurand is a register, which is read and not averaged."""
    return ".Register" in key


def has_averages(keys: str) -> bool:
    """Whether a list names anything that is averaged."""
    return any(not is_register(key) for key in keys.split(",") if key.strip())
