"""Sentences for people, read from a file beside the program when they are told. Portable.

A sentence takes some 80 bytes of a module's memory, and few of them are ever told. With
`[bundle] texts = "file"` the bundler keeps them in `/usr/texts.txt` and puts calls of `told` where
they stood.
"""

from __future__ import annotations

from typing import Any

_FILE = "/usr/texts.txt"
# First line of the file; the bundler puts the fingerprint of the sentences in its place.
_MARK = "@MARK@"


def told(at: int, *values: Any) -> str:
    """The sentence at byte `at` of the file, with `values` in its fields. Never raises.

    Where the file is missing, or belongs to another bundle, `at` and the values are all there is
    to tell: the bundle's own texts.txt says on the computer what they mean.
    """
    try:
        with open(_FILE) as file:  # noqa: PTH123  # a module has no pathlib
            if file.readline() == _MARK:
                file.seek(at)
                sentence: str = file.readline()[:-1] % values
                return sentence
    except Exception:  # noqa: BLE001, S110  # whatever is wrong with a text is told below
        pass
    return f"text {at}: {values!r}"
