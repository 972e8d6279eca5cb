"""The spellings that names are shortened to."""

from __future__ import annotations

from collections.abc import Container, Iterator
from itertools import count, product
from keyword import iskeyword
from string import ascii_lowercase, ascii_uppercase

from device_bundle.dialect import BUILTINS


def short_names(taken: Container[str]) -> Iterator[str]:
    """a, b, ... A, B, ... aa, ab, ... without those taken."""
    for length in count(1):
        for letters in product(ascii_lowercase + ascii_uppercase, repeat=length):
            name = "".join(letters)
            if name not in taken and name not in BUILTINS and not iskeyword(name):
                yield name
