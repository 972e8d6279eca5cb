# The world around an emulated module whose days last a second: time, flash and console. It comes
# with the module's files as usr/month_world.py. MicroPython.
import builtins
import sys

# 2026-01-01T00:00:00Z
EPOCH = 1767225600
DAY = 86400


class World:
    # Time passes only while the program waits, and then at once, from one thing on the agenda to
    # the next.
    def __init__(self):
        self.ms = 0
        self.agenda = []  # (second, function, arguments), in order
        self.at = 0
        self.typed = ""
        self.opened = {}  # how often a file was opened to be written, by name
        self.writes = 0
        self.written = 0
        self._open = builtins.open

    def install(self):
        emulated = sys.modules["emulated"]
        emulated.microseconds = lambda: self.ms * 1000
        emulated._epoch = EPOCH
        emulated.sleep = lambda seconds: self.wait(int(seconds * 1000))
        builtins.open = self.open
        sys.modules["uselect"] = Uselect(self)
        sys.modules["sys"] = sys.modules["usys"] = Sys(self)

    def wait(self, milliseconds):
        until = self.ms + milliseconds
        while self.at < len(self.agenda) and self.agenda[self.at][0] * 1000 <= until:
            due, act, arguments = self.agenda[self.at]
            self.at += 1
            self.ms = max(self.ms, due * 1000)
            act(*arguments)
        self.ms = max(self.ms, until)

    def plan(self, agenda):
        self.agenda = agenda
        self.at = 0

    def type(self, line):
        self.typed += line + "\n"

    def open(self, path, mode="r"):
        file = self._open(path, mode)
        if mode[0] == "r":
            return file
        self.writes += 1
        name = path.split("/")[-1]
        self.opened[name] = self.opened.get(name, 0) + 1
        return Counted(self, file)


class Counted:
    # A file whose bytes are counted as they are written.
    def __init__(self, world, file):
        self._world = world
        self._file = file
        self.seek = file.seek
        self.flush = file.flush
        self.close = file.close

    def write(self, data):
        self._world.written += len(data)
        return self._file.write(data)


class Sys:
    # The module sys as the program sees it.
    def __init__(self, world):
        self._world = world
        self.stdin = self

    def read(self, count):
        text = self._world.typed[:count]
        self._world.typed = self._world.typed[count:]
        return text


class Uselect:
    POLLIN = 1

    def __init__(self, world):
        self._world = world

    def poll(self):
        return self

    def register(self, stream, events):
        pass

    def ipoll(self, milliseconds=0):
        return (1,) if self._world.typed else ()
