"""Text is counted and cut by characters, whether it is kept as such or as UTF-8 bytes."""

from __future__ import annotations

import pytest

from ocpp_kernel.errors import PropertyConstraintViolation
from ocpp_kernel.texts import characters, cut, masked
from ocpp_kernel.validation import REQUIRED, SHIFT, STRING, validate

TEXTS = ["", "plain", "Zürich", "10 °C", "电动汽车", "a😀b", "é" * 60]


class Bytes(str):
    """Text as a module keeps it: each item is a byte of its UTF-8."""

    def __new__(cls, text: str) -> Bytes:
        return super().__new__(cls, text.encode().decode("latin-1"))

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return super().encode("latin-1")

    def __getitem__(self, place: object) -> str:
        items = super().__getitem__(place)  # type: ignore[index]  # as str has it
        return str.__new__(type(self), items)


@pytest.mark.parametrize("text", TEXTS)
def test_characters(text: str) -> None:
    assert characters(text) == len(text)
    assert characters(Bytes(text)) == len(text)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("most", [0, 1, 2, 3, 4, 5, 50])
def test_cut(text: str, most: int) -> None:
    kept = cut(text, most)
    assert text.startswith(kept)
    assert len(kept) <= most
    there = cut(Bytes(text), most).encode().decode("utf-8")
    assert text.startswith(there)
    assert len(there.encode()) <= most
    assert len(there.encode()) > most - 4 or there == text


def test_frm_035_a_limit_counts_characters() -> None:
    """A CIString20 is twenty characters, however many bytes they take."""
    contract = {"idTag": STRING | REQUIRED | (20 << SHIFT)}
    validate({"idTag": "电" * 20}, contract)
    with pytest.raises(PropertyConstraintViolation):
        validate({"idTag": "电" * 21}, contract)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("04A2B3C4D5E680", "***E680"),
        ("12345678", "***5678"),
        ("ABCDE", "***DE"),
        ("AB", "***B"),
        ("A", "***"),
        ("", "***"),
    ],
)
def test_an_id_tag_is_known_again_by_its_end(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize("text", [text for text in TEXTS if text])
def test_what_is_left_of_an_id_tag_has_no_part_of_a_character(text: str) -> None:
    on_module = masked(Bytes(text)).encode("latin-1").decode()
    assert text.endswith(on_module.removeprefix("***"))
