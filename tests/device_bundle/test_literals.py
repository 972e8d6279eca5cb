"""Settings and other class attributes that never change are put in place."""

from __future__ import annotations

from typing import Any


def test_settings_decide_what_is_bundled(sample: Any) -> None:
    sample.assert_same("""
        class Settings:
            vendor = "acme"
            serial = ""
            watchdog = 0
            limit = 20
            current = 5

        class Station:
            current = 7

            def __init__(self, settings):
                self._settings = settings
                self.limits = []

            def run(self):
                settings = self._settings
                names = {"vendor": settings.vendor}
                if settings.serial:
                    names["serial"] = settings.serial
                if settings.watchdog > 0 and self.limits:
                    print("watchdog")
                elif settings.limit != 20:
                    print("other limit")
                else:
                    self.limits.append(max(settings.limit, 10) + len(settings.vendor))
                if not settings.serial:
                    return names, self.limits, settings.current, self.current
                return None

        def main():
            print(Station(Settings).run())
        """)
    text = sample.text()
    for gone in ("serial", "watchdog", "other limit", "'acme'\n"):
        assert gone not in text
    assert "24" in text


def test_what_is_stored_or_overridden_is_not_folded(sample: Any) -> None:
    sample.assert_same("""
        class Base:
            kind = "base"
            count = 0

            def shown(self):
                return self.kind, self.count

        class Derived(Base):
            kind = "derived"

        def main():
            one, other = Base(), Derived()
            other.count = 4
            print(one.shown(), other.shown(), getattr(one, "kind"))
        """)


def test_conditions_keep_what_they_evaluate(sample: Any) -> None:
    sample.assert_same("""
        class Options:
            on = True
            off = False

        def asked(value):
            print("asked", value)
            return value

        def main():
            print(asked(1) or Options.on, Options.off or asked(2), Options.on and asked(0))
            print(asked(3) and Options.off, 1 if Options.off else 2, not Options.on)
            while Options.off:
                print("never")
            if asked(5):
                pass
        """)


def test_generators_stay_generators(sample: Any) -> None:
    """Where settings decide that one never yields, it is empty, and begins when it is asked."""
    sample.assert_same("""
        class Settings:
            wanted = False

        def steps(settings):
            print("begun")
            if settings.wanted:
                yield 1
            print("done")

        def none(settings):
            if not settings.wanted:
                return
            yield from steps(settings)

        def with_inner(settings):
            def inner():
                yield 3

            if settings.wanted:
                yield 2
            print(list(inner()), list(inner()))

        def main():
            made = steps(Settings)
            print("made")
            print(list(made), list(none(Settings)), list(with_inner(Settings)))
            print(list(steps(Settings)), list(none(Settings)), list(with_inner(Settings)))
        """)
    assert "wanted" not in sample.text()


def test_other_functions_with_the_names_of_builtins_are_called(sample: Any) -> None:
    sample.assert_same("""
        def measured(len):
            return len("abc")

        def main():
            def max(a, b):
                return a * b

            print(max(2, 3), measured(lambda text: text + "!"), measured(str), min(4, 5))
        """)


def test_an_attribute_that_is_looked_for_is_not_folded(sample: Any) -> None:
    sample.assert_same("""
        class Lamp:
            level = 5

        class Relay:
            pass

        def main():
            for part in (Lamp(), Relay()):
                try:
                    print(part.level)
                except AttributeError:
                    print("no level")
        """)
