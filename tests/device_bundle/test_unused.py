"""What nothing reaches leaves no byte behind; what could be called stays."""

from __future__ import annotations

from typing import Any


def test_unreached_code_is_dropped(sample: Any) -> None:
    sample.assert_same(
        """
        import json
        from . import extra
        from .extra import helper

        class Used:
            unread = "class attribute nobody reads"

            def called(self):
                return "called"

            def abandoned(self):
                return deep_helper("abandoned method")

            def __repr__(self):
                return "Used()"

        class Unused:
            text = "unused class"

        def deep_helper(text):
            return json.dumps(text)

        def main():
            print(Used().called(), Used(), helper())
        """,
        extra="""
        def helper():
            return "help"

        def nobody():
            return "nobody calls it"
        """,
    )
    text = sample.text()
    for gone in ("abandoned", "Unused", "json", "nobody", "class attribute"):
        assert gone not in text


def test_overrides_callbacks_and_names_as_text_are_kept(sample: Any) -> None:
    sample.assert_same("""
        class Base:
            def run(self):
                return self.step()

            def step(self):
                return "base"

        class Derived(Base):
            def step(self):
                return "derived"

            def by_text(self):
                return "by text"

            def handler(self, value):
                return value + 1

        def apply(function, value):
            return function(value)

        def main():
            made = Derived()
            print(made.run(), getattr(made, "by_text")(), apply(made.handler, 1), Base().run())
        """)


def test_methods_the_firmware_may_call_are_kept(sample: Any) -> None:
    sample.write("""
        import uio

        class Stream(uio.IOBase):
            def ioctl(self, request, argument):
                return 0

        def main():
            print(Stream())
        """)
    assert "def ioctl(" in sample.text()
