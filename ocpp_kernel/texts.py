"""Counting and cutting text where a character may be several items of it. Portable.

Most modules keep text as its UTF-8 bytes: ``len("ü")`` is 2, and a slice may cut a character in
half, which no peer accepts in a WebSocket message.
"""

from __future__ import annotations


def characters(text: str) -> int:
    """How many characters ``text`` has; what a ``maxLength`` of OCPP counts."""
    data = text.encode()
    count = len(text)
    if len(data) == count:  # ASCII, or text that is kept as bytes
        for byte in data:
            if byte & 0xC0 == 0x80:
                count -= 1
    return count


def cut(text: str, most: int) -> str:
    """The beginning of ``text``: at most ``most`` items of it, and no part of a character.

    A device counts bytes, so that less may be left there than a limit in characters allows.
    """
    if len(text) <= most:
        return text
    while most and 0x80 <= ord(text[most]) < 0xC0:
        most -= 1
    return text[:most]


def masked(text: str) -> str:
    """The end of ``text``, at most half of it and four items: enough to know an idTag again.

    For logs, which leave the charge point as diagnostics; nobody can charge with what is there.
    """
    start = max(len(text) - 4, (len(text) + 1) // 2)
    while start < len(text) and 0x80 <= ord(text[start]) < 0xC0:
        start += 1
    return "***" + text[start:]
