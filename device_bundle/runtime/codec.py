"""JSON on a module whose `ujson` needs watching. Portable.

Three faults are made good here. `ujson.loads` turns \\u escapes of 0x80 and above into wrong
bytes, so they are rewritten to UTF-8 first. It accepts text that is cut off, so each text is
parsed as the first of two elements, which it cannot be unless it is whole. `ujson.dumps` writes
nan, inf and unknown objects in forms that are not JSON, so such output is refused.

What stays as `ujson` has it: missing or extra commas and colons are read over, either kind of
bracket closes the other, and output has a blank after each comma and colon.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Codec:
    """`loads` and `dumps` for OCPP frames and stored records."""

    def __init__(self, loads: Callable[[str], Any], dumps: Callable[[Any], str]) -> None:
        """loads, dumps: those of ujson (or of json, under tests)."""
        self._loads = loads
        self._dumps = dumps

    def loads(self, text: str | bytes) -> Any:
        """The value `text` holds. Raises ValueError for anything that is not whole JSON."""
        if isinstance(text, bytes):
            text = text.decode()
        if "\\u" in text:
            text = unescape(text)
        pair = self._loads(f"[{text},0]")
        if type(pair) is not list or len(pair) != 2 or pair[1] != 0:
            raise ValueError("JSON that is cut off, or more than one value")
        return pair[0]

    def dumps(self, value: Any) -> str:
        """JSON text for `value`. Raises ValueError if it holds something JSON has no form for."""
        text = self._dumps(value)
        # Searching runs at C speed; the walk is only for texts that may have the fault.
        if "nan" in text or "inf" in text or "<" in text:
            _check_plain(value)
        return text


def unescape(text: str) -> str:
    """Rewrite \\u escapes of 0x80 and above to the characters themselves.

    Escapes below 0x80 stay: those may be quotes or control characters. Half a surrogate pair
    becomes U+FFFD. Raises ValueError for an escape that is not four hexadecimal digits.
    """
    parts = []
    done = 0
    at = text.find("\\")
    while at >= 0:
        after = at + 2
        if text[at + 1 : after] == "u":
            code = _hex4(text, after)
            after += 4
            if 0xD800 <= code < 0xDC00 and text[after : after + 2] == "\\u":
                low = _hex4(text, after + 2)
                if 0xDC00 <= low < 0xE000:
                    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
                    after += 6
            if code >= 0x80:
                parts.append(text[done:at])
                parts.append(_utf8(code))
                done = after
        at = text.find("\\", after)
    parts.append(text[done:])
    return "".join(parts)


def _hex4(text: str, at: int) -> int:
    digits = text[at : at + 4]
    for digit in digits:
        if digit not in "0123456789abcdefABCDEF":
            raise ValueError("JSON has a bad \\u escape")
    if len(digits) < 4:
        raise ValueError("JSON has a bad \\u escape")
    return int(digits, 16)


def _utf8(code: int) -> str:
    """One character by way of its bytes: chr() above 255 raises on modules."""
    if 0xD800 <= code < 0xE000:
        code = 0xFFFD
    if code < 0x800:
        data = bytes((0xC0 | code >> 6, 0x80 | code & 63))
    elif code < 0x10000:
        data = bytes((0xE0 | code >> 12, 0x80 | code >> 6 & 63, 0x80 | code & 63))
    else:
        data = bytes(
            (0xF0 | code >> 18, 0x80 | code >> 12 & 63, 0x80 | code >> 6 & 63, 0x80 | code & 63)
        )
    return data.decode()


def _check_plain(value: Any) -> None:
    """Raises ValueError if value is, or contains, what JSON has no form for."""
    kind = type(value)
    if kind is dict:
        for key in value:
            if type(key) is not str:
                raise ValueError(f"a JSON key must be a string, not {key!r}")
            _check_plain(value[key])
    elif kind is list or kind is tuple:
        for item in value:
            _check_plain(item)
    elif kind is float:
        if not float("-inf") < value < float("inf"):
            raise ValueError("JSON has no form for nan and inf")
    elif not (value is None or kind is str or kind is int or kind is bool):
        raise ValueError(f"JSON has no form for {value!r}")
