"""Functions called at one place are put there, and the program does the same."""

from __future__ import annotations

from typing import Any

import pytest


def test_statements_results_and_early_returns(sample: Any) -> None:
    sample.assert_same("""
        class Meter:
            def __init__(self):
                self.total = 0

            def run(self, values):
                self._start(values)
                kind = self._kind_of(len(values))
                if self._is_large():
                    kind += " and large"
                for value in self._sorted(values):
                    self._add(value, weight=2)
                return self._end(kind)

            def _start(self, values):
                if not values:
                    print("nothing")
                    return
                print("from", values[0])

            def _kind_of(self, count):
                if count == 0:
                    return "none"
                if count < 3:
                    kind = "few"
                else:
                    kind = "many"
                return kind

            def _is_large(self):
                limit = 10
                return self.total > limit

            def _sorted(self, values):
                copy = list(values)
                copy.sort()
                return copy

            def _add(self, value, weight=1):
                value = value * weight
                self.total += value

            def _end(self, kind):
                for known in ("few", "many"):
                    if known == kind:
                        return kind + "!", self.total

        def main():
            meter = Meter()
            print(meter.run([3, 1]), meter.run([]), meter.run([9, 4, 5]), meter.run([1, 2, 3]))
        """)
    assert sample.text().count("def ") < 5


def test_errors_are_caught_where_they_were(sample: Any) -> None:
    sample.assert_same("""
        def number(text):
            try:
                return int(text)
            except ValueError as error:
                print("no number", type(error))
            return -1

        def checked(text):
            try:
                value = number(text)
            except ValueError:
                return "never"
            if value < 0:
                raise KeyError(text)
            return value

        def attempt(text):
            try:
                return checked(text)
            except KeyError as error:
                return "refused", error.args[0]
            finally:
                print("done", text)

        def main():
            for text in ("1", "x", "-2"):
                print(attempt(text))
        """)


def test_arguments_are_evaluated_once_and_in_order(sample: Any) -> None:
    sample.assert_same("""
        class Source:
            def __init__(self):
                self.count = 0

            def next(self):
                self.count += 1
                return self.count

            def combined(self):
                self.count = 5
                return self._combine(self.count, self.next(), self.next()) + self.count

            def _combine(self, old, first, second):
                self.count = 100
                return old * 1000 + first * 10 + second

        def main():
            source = Source()
            limit = source.next()
            limit = shifted(limit, limit + 1)
            print(source.combined(), source.next(), limit)

        def shifted(value, limit):
            if value > limit:
                return value
            value += 7
            return value * limit
        """)


def test_callbacks_made_in_a_loop_keep_their_own_values(sample: Any) -> None:
    sample.assert_same("""
        class Timers:
            def __init__(self):
                self.waiting = []

            def start(self):
                for number in range(3):
                    self._later(number, "t")
                self._once(number)
                number = 9
                for callback in self.waiting:
                    callback()

            def _later(self, number, name):
                text = name + str(number)
                self.waiting.append(lambda: print(text, number))

            def _once(self, value):
                self.waiting.append(lambda: print("once", value))

        def main():
            Timers().start()
        """)


def test_what_cannot_be_moved_stays(sample: Any) -> None:
    sample.assert_same("""
        class Base:
            def run(self):
                return [self.step(), list(self.produce()), self.deep(2)]

            def step(self):
                return "base"

            def produce(self):
                yield 1
                yield 2

            def deep(self, number):
                return number if number == 0 else self.deep(number - 1) + 1

        class Derived(Base):
            def step(self):
                return "derived"

        def pick(values):
            for value in values:
                if value > 1:
                    return value
            return 0

        def main():
            print(Base().run(), Derived().run())
            total = pick([1, 2, 3])
            print(total)
        """)


def test_names_of_caller_and_callee_do_not_meet(sample: Any) -> None:
    sample.assert_same("""
        def lowest(values):
            found = min(values)
            return [value for value in values if value > found]

        def shown(min, values):
            value = 3
            found = lowest(values)
            return min, value, found

        def main():
            print(shown("min", [2, 1, 3]))
        """)


@pytest.mark.parametrize("text", ["", "+", "12", "x1"])
def test_guards_become_branches(sample: Any, text: str) -> None:
    sample.assert_same(f"""
        def read(text):
            if not text:
                return None
            if text[0] == "x":
                text = text[1:]
            elif text == "+":
                return "plus"
            return int(text)

        def main():
            value = read({text!r})
            print(value)
        """)


def test_a_finally_sees_what_was_there_before_the_result_is_stored(sample: Any) -> None:
    sample.assert_same("""
        class Line:
            def __init__(self):
                self.socket = ["open"]
                self.log = []

            def close(self):
                self.socket = self._ended()
                return self.socket, self.log

            def _ended(self):
                try:
                    return None
                finally:
                    self.log.append(self.socket[0])

            def run(self, data):
                data = self._noted(data)
                return data

            def _noted(self, data):
                try:
                    return data * 2
                finally:
                    self.log.append(data)

        def main():
            line = Line()
            print(line.run(3), line.log)
            print(line.close())
            print(Line().run(4))
        """)


def test_a_handler_does_not_catch_what_storing_the_result_raises(sample: Any) -> None:
    sample.assert_same("""
        class Reader:
            def __init__(self):
                self.places = [0]

            def pair(self, parts):
                one, other = self._parsed(parts)
                return one, other

            def _parsed(self, parts):
                try:
                    return parts[1:]
                except ValueError:
                    return "caught", "caught"

            def put(self, index):
                self.places[index] = self._found(index)
                return self.places

            def _found(self, index):
                try:
                    return index + 1
                except IndexError:
                    return "caught"

        def main():
            reader = Reader()
            print(reader.pair([1, 2, 3]), reader.put(0))
            try:
                reader.pair([1])
            except ValueError:
                print("raised")
            try:
                reader.put(5)
            except IndexError:
                print("raised")
        """)


def test_what_a_nested_function_rebinds_is_read_before_a_call(sample: Any) -> None:
    sample.assert_same("""
        def bumped(call):
            call()
            print("bumped")
            return 10

        def summed(call, value):
            return call() + value

        def added(call):
            call()
            return 7

        def main():
            x = 1

            def bump():
                nonlocal x
                x += 1
                return 100

            print(x + bumped(bump))
            print(summed(bump, x), summed(bump, x))
            x += added(bump)
            print(x)
        """)


def test_what_setattr_stores_is_read_before_a_call(sample: Any) -> None:
    sample.assert_same("""
        class Meter:
            def __init__(self, total):
                self.total = total

        def change(meter):
            setattr(meter, "total", 5)
            print("changed")
            return 1

        def main():
            meter = Meter(3)
            print(meter.total + change(meter))
        """)


def test_a_handler_does_not_catch_what_a_property_raises_when_stored(sample: Any) -> None:
    sample.assert_same("""
        class Limit:
            def __init__(self):
                self._value = 0

            @property
            def value(self):
                return self._value

            @value.setter
            def value(self, new):
                if new > 5:
                    raise ValueError("too much")
                self._value = new

        def parsed(text):
            try:
                return int(text)
            except ValueError:
                return 0

        def main():
            limit = Limit()
            try:
                limit.value = parsed("9")
            except ValueError as error:
                print("refused:", error)
            print(limit.value)
        """)
