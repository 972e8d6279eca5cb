"""Sentences for people lie in a file; everything else stays in the program."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from device_bundle.optimise import Wishes
from device_bundle.runtime import texts

TELLING = """
    class Refusal(Exception):
        pass

    class Door:
        def __init__(self, log):
            self._report = log
            self.sent = []

        def log(self, level, text):
            print(level, text)

        def open(self, name, key):
            fault = self._fault(name, key)
            if fault:
                self._refuse(name, fault)
            else:
                self._report(f"the door was opened by {name} at {100} %")
            self.log("info", "a door needs no more than a key" if key else "100 % of nothing")

        def _fault(self, name, key):
            if not key:
                return "there is no key in the lock"
            if key > 9:
                return f"key {key} of {name!r} does not fit the lock"
            return None

        def _refuse(self, name, reason):
            self.log("error", "%s is refused: %s" % (name, reason))
            raise Refusal("nobody but the owner may enter: " + name)

    class Wire:
        def __init__(self):
            self.sent = []

        def send(self, text):
            self.sent.append(text)

        def ask(self, word):
            self.send("GET / HTTP/1.1 and more")
            self.send({"info": "a payload of several words"})
            reason = "compared with something else"
            return word == "are you the one I know" or word == reason

    def main():
        door = Door(print)
        for name, key in (("Ann", 1), ("Bob", 0), ("Cy", 10)):
            try:
                door.open(name, key)
            except Refusal as error:
                print("caught", error)
        wire = Wire()
        print(wire.ask("are you the one I know"), wire.ask("compared with something else"))
        print(wire.sent)
"""
TOLD = (
    "the door was opened by %s at %s %%",
    "a door needs no more than a key",
    "100 %% of nothing",
    "there is no key in the lock",
    "key %s of %r does not fit the lock",
    "%s is refused: %s",
    "nobody but the owner may enter: ",
)
KEPT = (
    "GET / HTTP/1.1 and more",
    "a payload of several words",
    "compared with something else",
    "are you the one I know",
)


@pytest.fixture
def filed(sample: Any) -> Any:
    sample.wishes = Wishes(texts="file")
    return sample


def test_a_program_tells_the_same_with_its_sentences_in_a_file(filed: Any) -> None:
    filed.assert_same(TELLING)
    mark, *lines = filed.sentences.decode().splitlines()
    assert re.fullmatch("[0-9a-f]{8}", mark)
    assert sorted(lines) == sorted(TOLD)


def test_only_what_is_told_leaves_the_program(filed: Any) -> None:
    filed.write(TELLING)
    text = filed.text()
    assert not [sentence for sentence in TOLD if sentence in text]
    assert not [sentence for sentence in KEPT if sentence not in text]


@pytest.mark.parametrize("change", ["lost", "another bundle's"])
def test_a_program_does_the_same_without_its_file(filed: Any, change: str) -> None:
    filed.write(TELLING)
    expected = filed.run_on_device().splitlines()[-2:]
    filed.change_sentences = lambda sentences: b"" if change == "lost" else b"0" + sentences[1:]
    lines = filed.run_on_device().splitlines()
    assert lines[-2:] == expected, "what is compared and sent"
    assert re.fullmatch(r"text \d+: \('Ann', 100\)", lines[0]), "a place, and the values"
    assert sum(line.startswith("caught text") for line in lines) == 2


def test_without_sentences_there_is_no_file(filed: Any) -> None:
    filed.assert_same("""
        def main():
            print("a sentence for the console alone")
    """)
    assert filed.sentences == b""


def test_the_same_sentence_is_filed_once(filed: Any) -> None:
    filed.assert_same("""
        class Log:
            def log(self, level, text):
                print(level, text)

        def main():
            Log().log("info", "said more than once")
            Log().log("error", "said more than once")
            Log().log("error", "said only once")
    """)
    assert filed.sentences.count(b"more than once") == 1


def test_values_are_told_one_by_one_and_a_single_one_as_it_is(filed: Any) -> None:
    filed.assert_same("""
        class Log:
            def log(self, level, text):
                print(level, text)

        def main():
            pair = 1, ("two", 2)
            Log().log("info", "the values %s and %s of a pair" % (pair[0], pair[1]))
            Log().log("info", "a tuple %s in a tuple" % (pair,))
            Log().log("info", "a number %s by itself" % 7)
            Log().log("info", "a value %(called)s by name" % {"called": pair[0]})
    """)
    assert len(filed.sentences.splitlines()) == 4
    assert b"by name" not in filed.sentences


def test_values_that_do_not_fit_are_told_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "texts.txt"
    file.write_bytes(b"@MARK@")
    monkeypatch.setattr(texts, "_FILE", str(file))
    assert texts.told(6, 1, 2) == "text 6: (1, 2)", "nothing there to put them in"
    file.unlink()
    assert texts.told(6) == "text 6: ()"


def test_what_a_method_called_by_its_class_keeps_stays(filed: Any) -> None:
    filed.write("""
        class Notes:
            def __init__(self):
                self.lines = []

            def put(self, text, loud=""):
                self.lines.append(text)
                return "!" if loud else "."

        def main():
            notes = Notes()
            print(Notes.put(notes, "a sentence that is kept"), notes.lines)
        """)
    filed.change_sentences = lambda sentences: b""
    assert filed.run_on_device() == ". ['a sentence that is kept']\n"
