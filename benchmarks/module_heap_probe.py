# Runs a bundle with everything around it in memory: its flash, its firmware, its central system.
# Nothing but Python is needed, so that it runs on any MicroPython; `module_heap` starts it on two.
#
# Its functions are called one after the other by a script that collects rubbish in between. Nothing
# here collects: WebAssembly hides from the collector what running functions hold.
#
# Prints lines with tabs: heap WHEN BYTES, beyond what was there before; count WHAT TIMES for what
# the central system heard, as month_server has it. MicroPython.
# ruff: noqa: SIM105  # no contextlib on a module
import builtins
import gc
import hashlib
import io
import json
import sys
import time

import micropython
from given import FIRST, LAST, TEXTS

micropython.opt_level(3)
EPOCH = 1767225600
# Milliseconds until it has booted, and between one thing the central system asks and the next.
BOOTED = 60000
PAUSE = 10000
# What does not fit into 31 bits is another kind of object on a 32-bit MicroPython.
LARGE = 2147483000
PROFILE = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Absolute",
    "chargingSchedule": {
        "startSchedule": "2026-01-01T00:00:00Z",
        "duration": 86400,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 60 * n, "limit": 8.1 + n} for n in range(9)],
    },
}
CALLS = (
    ("GetConfiguration", {}),
    ("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "60"}),
    ("CancelReservation", {"reservationId": LARGE}),
    ("SetChargingProfile", {"connectorId": 0, "csChargingProfiles": PROFILE}),
    ("RemoteStartTransaction", {"connectorId": 1, "idTag": "ABCD"}),
    ("GetCompositeSchedule", {"connectorId": 1, "duration": 86400}),
    ("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 1}),
    ("RemoteStopTransaction", {"transactionId": LARGE}),
    ("Nonsense", {}),
)


class Pause(BaseException):
    # Ends a run of the main loop, which is then run again.
    pass


class World:
    # Time, which passes while the program waits, and a console.
    ms = 0
    until = BOOTED
    typed = ""

    def wait(self, milliseconds):
        self.ms += milliseconds
        if self.ms >= self.until:
            self.until = self.ms + PAUSE
            raise Pause()

    # The console, as the modules sys and uselect.

    POLLIN = 1

    def read(self, count):
        text = self.typed[:count]
        self.typed = self.typed[count:]
        return text

    def poll(self):
        return self

    def register(self, stream, events):
        pass

    def ipoll(self, milliseconds=0):
        return (1,) if self.typed else ()


class File:
    def __init__(self, path, mode="r"):
        old = b"" if mode[0] == "w" else files.get(path)
        if old is None and mode[0] == "r":
            raise OSError(2)
        self._path = path if mode[0] != "r" else ""
        self._data = (io.BytesIO if "b" in mode else io.StringIO)()
        self._data.write((old or b"") if "b" in mode else (old or b"").decode())
        if mode[0] == "r":
            self._data.seek(0)
        self.read = self._data.read
        self.readline = self._data.readline
        self.seek = self._data.seek
        self.write = self._data.write

    def flush(self):
        if self._path:
            text = self._data.getvalue()
            files[self._path] = text if isinstance(text, bytes) else text.encode()

    close = flush

    def __enter__(self):
        return self

    def __exit__(self, *fault):
        self.close()


class Uos:
    # The flash.
    def urandom(self, count):
        return bytes(count)

    def listdir(self, path):
        return [name[len(path) + 1 :] for name in files if name.startswith(path + "/")]

    def stat(self, path):
        if path not in files:
            raise OSError(2)
        return (0, 0, 0, 0, 0, 0, len(files[path]), 0, 0, 0)

    def statvfs(self, path):
        return (4096, 4096, 64, 60, 60)

    def mkdir(self, path):
        pass

    def remove(self, path):
        if path not in files:
            raise OSError(2)
        del files[path]

    def rename(self, old, new):
        if old not in files:
            raise OSError(2)
        files[new] = files.pop(old)


class Utime:
    def ticks_ms(self):
        return world.ms

    def ticks_us(self):
        return world.ms * 1000

    def ticks_diff(self, late, early):
        return late - early

    def sleep_ms(self, milliseconds):
        world.wait(milliseconds)

    def localtime(self):
        return getattr(time, "gmtime", time.localtime)(EPOCH)


class Urandom:
    # Not every interpreter has a source of chance; the same numbers each time are better here.
    state = 1

    def seed(self, number):
        self.state = number

    def getrandbits(self, bits):
        self.state = (self.state * 1103515245 + 12345) & 0x7FFFFFFF
        return self.state >> (31 - bits)


class Firmware:
    # What else of the firmware's the program calls: everything is well.
    def __init__(self, **answers):
        self._answers = answers

    def __getattr__(self, name):
        return self._answers.get(name, self)

    def __call__(self, *arguments):
        return self


class Module:
    pass


def answering(value):
    return lambda *arguments: value


def provide():
    ujson = Module()
    ujson.json, ujson.loads, ujson.dumps = json, json.loads, json.dumps
    emulated = Module()
    emulated.time = time
    month_world = Module()
    month_world.EPOCH = EPOCH
    console = Module()
    console.stdin = world
    console.modules = sys.modules
    power = Firmware(powerOnReason=answering(1))
    sys.modules.update(
        {
            "ujson": ujson,
            "emulated": emulated,
            "usr.month_world": month_world,
            "usys": console,
            "uselect": world,
            "uos": Uos(),
            "urandom": Urandom(),
            "utime": Utime(),
            "checkNet": Firmware(waitNetworkReady=answering((3, 1))),
            "gc": Firmware(mem_free=answering(-1)),
            "dataCall": Firmware(getInfo=answering((1, 0, [1, 0, "10.0.0.1"]))),
            "machine": Firmware(),
            "misc": Firmware(Power=power),
            "modem": Firmware(getDevImei=answering("867030012345678")),
            "net": Firmware(csqQueryPoll=answering(20), getState=answering(-1)),
            "sim": Firmware(getStatus=answering(1)),
        }
    )
    for name in ("uhashlib", "ubinascii", "ucollections", "uio"):
        sys.modules[name] = __import__(name[1:])
    if not hasattr(sys.modules["uhashlib"], "sha1"):  # both ends of the handshake do without
        sys.modules["uhashlib"] = Firmware(sha1=hashlib.sha256, sha256=hashlib.sha256)


def mark():
    # What is there now is not the bundle's.
    Taken.before = gc.mem_alloc()


def kept(when):
    print("heap", when, gc.mem_alloc() - Taken.before, sep="\t")


def load():
    exec(FIRST)  # noqa: S102  # the names a program begins with
    __import__("usr." + LAST)  # which imports all that is there from the start


def boot():
    for module in [sys.modules[name] for name in sys.modules if name[:4] == "usr."]:
        for found in [getattr(module, name) for name in dir(module)]:
            if hasattr(found, "run"):
                Taken.run, found.run = found.run, take
    try:
        __import__("usr.app")  # which starts the main loop
    except Pause:
        go_on()


def take(loop):
    Taken.loop = loop
    raise Pause()


def go_on():
    try:
        Taken.run(Taken.loop)
    except Pause:
        pass


def ask(number):
    action, payload = CALLS[number]
    if action == "RemoteStartTransaction":
        world.typed = "plug 1\n"
    network.call(action, payload)
    go_on()


def end():
    for name in sorted(network.heard):
        print("count", name, network.heard[name], sep="\t")
    print("end")


class Taken:
    loop = run = None
    before = 0


files = {"/usr/texts.txt": TEXTS}
world = World()
provide()
from usr.month_server import Network  # noqa: E402

network = Network(world)
network.install()
network.transactions = LARGE - 1
builtins.open = File
