# Takes away what the port has and a device has not, as far as a program can do that.
# Methods of built-in types stay: the bundler refuses those.
import builtins
import gc
import sys

import chaos
import emulated
import flash

_MISSING = (
    "reversed", "frozenset", "complex", "input", "delattr", "UnicodeError", "StopAsyncIteration",
)

_own = {}


class _Missing:
    def __init__(self, name):
        self._name = name

    def __call__(self, *arguments, **more):
        raise NameError("name '%s' isn't defined" % self._name)


def _next(iterator):
    return _own["next"](iterator)


def _pow(base, exponent):
    return _own["pow"](base, exponent)


def _sorted(items, **how):
    # Equal ones come in any order.
    shuffled = list(items)
    for i in range(len(shuffled) - 1, 0, -1):
        j = chaos.below(i + 1)
        shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
    return _own["sorted"](shuffled, **how)


def _without_default(name):
    def function(*items, key=None):
        return _own[name](*items, key=key) if key else _own[name](*items)

    return function


_CHANGED = {
    "next": _next,
    "pow": _pow,
    "sorted": _sorted,
    "min": _without_default("min"),
    "max": _without_default("max"),
    "open": flash.open_,
}


class _Deque:
    # What the firmware's can: no iteration, no other end.
    def __init__(self, items, most, flags=0):
        self._items = list(items)
        self._most = most
        self._full = flags

    def append(self, item):
        if len(self._items) >= self._most:
            if self._full:
                raise IndexError("full")
            self._items.pop(0)
        self._items.append(item)

    def popleft(self):
        if not self._items:
            raise IndexError("empty")
        return self._items.pop(0)

    def __len__(self):
        return len(self._items)

    def __bool__(self):
        return bool(self._items)


class _Collections:
    deque = _Deque


class _Re:
    pass


def apply():
    for name in _MISSING:
        setattr(builtins, name, _Missing(name))
    for name in _CHANGED:
        _own[name] = getattr(builtins, name)
        setattr(builtins, name, _CHANGED[name])
    import ucollections
    import ure

    _Collections.namedtuple = staticmethod(ucollections.namedtuple)
    for name in ("compile", "match", "search"):
        setattr(_Re, name, staticmethod(getattr(ure, name)))
    sys.modules["ucollections"] = _Collections
    sys.modules["ure"] = _Re
    if emulated.options["gc"]:
        gc.threshold(emulated.options["gc"])
