# Stands in for /usr/main.py of a bundle with readable names, in an emulated module. Counts bytes
# allocated with the collector off, where they are exact and repeat. MicroPython.
#
# Prints lines with tabs: bytes NAME BYTES JSON_BYTES for messages, bytes NAME BYTES for the rest.
# ruff: noqa: B023, F401, RET501, PLR1711, SIM105  # no contextlib on a module; importing starts it
import gc
import sys

import ujson
import uos
import utime

json = ujson.json
# The port's own JSON and a clock that stands still, instead of the emulator's, which allocate.
ujson.loads = json.loads
ujson.dumps = json.dumps


class Time:
    ms = 0


utime.ticks_ms = lambda: Time.ms
utime.sleep_ms = lambda milliseconds: None


class Captured(BaseException):
    pass


class Taken:
    loop = None
    text = ""
    done = 0
    line = None


def take(loop):
    Taken.loop = loop
    raise Captured()


def find(name):
    for file in sorted(uos.listdir("/usr")):
        module = file.split(".")[0]
        if file.endswith(".py") and module not in ("app", "main"):
            __import__("usr." + module)
            found = getattr(sys.modules["usr." + module], name, None)
            if found is not None:
                return found
    raise ValueError("the bundle has no " + name)


Loop = find("Loop")
run = Loop.run
Loop.run = take
try:
    import usr.app
except Captured:
    pass
loop = Taken.loop
station = loop._station
loop._board.feed = lambda: None
loop._board.read_command = lambda: None


def write(text):
    Taken.text = text


def done(answer, error):
    Taken.done = (answer, error)


def settled(function):
    # Bytes of one run once everything is in place that is kept from run to run.
    before = -1
    for _ in range(10):
        gc.collect()
        start = gc.mem_alloc()
        function()
        used = gc.mem_alloc() - start
        if used == before:
            return used
        before = used
    raise ValueError("the number of bytes does not settle")


ANSWERS = {
    "BootNotification": {
        "status": "Accepted",
        "currentTime": "2026-01-01T00:00:00Z",
        "interval": 86400,
    },
    "Authorize": {"idTagInfo": {"status": "Accepted"}},
    "StartTransaction": {"transactionId": 1, "idTagInfo": {"status": "Accepted"}},
    "Heartbeat": {"currentTime": "2026-01-01T00:00:00Z"},
    "StatusNotification": {},
    "MeterValues": {},
}


def converse(said):
    # Answers what the station said, and goes on until it has nothing to say.
    while True:
        station.tick(Time.ms // 1000)
        station.flush(said.append)
        if not said:
            return
        frame = json.loads(said.pop(0))
        if frame[0] == 2:
            station.receive(json.dumps([3, frame[1], ANSWERS[frame[2]]]), Time.ms // 1000)


def received(name, text):
    def message():
        station.receive(text, 0)
        station.flush(write)

    used = settled(message)
    frame = json.loads(text)
    answer = json.loads(Taken.text)
    if answer[0] != 3 or answer[1] != frame[1]:
        raise ValueError(Taken.text)

    def json_alone():
        json.loads(text)
        json.dumps(answer)

    tell(name, used, settled(json_alone))


def changed(name, key, *values):
    # Each change differs from the one before, so that it is stored.
    used = []
    for value in values:
        text = json.dumps([2, "19223201", "ChangeConfiguration", {"key": key, "value": value}])
        gc.collect()
        start = gc.mem_alloc()
        station.receive(text, 0)
        station.flush(write)
        used.append(gc.mem_alloc() - start)
        if "Accepted" not in Taken.text:
            raise ValueError(Taken.text)
    if used[-1] != used[-3]:
        raise ValueError("the number of bytes does not settle: " + repr(used))
    tell(name, used[-1])


def called(name, make, answer):
    def message():
        station.call(make(), done)
        station.flush(write)

    # The id of a call grows; all that are measured have two digits.
    reply = [""]

    def reply_to():
        station.receive(reply[0], 0)

    used = []
    while len(used) < 4:
        gc.collect()
        start = gc.mem_alloc()
        message()
        middle = gc.mem_alloc()
        call = json.loads(Taken.text)
        reply[0] = json.dumps([3, call[1], answer])
        gc.collect()
        again = gc.mem_alloc()
        reply_to()
        end = gc.mem_alloc()
        if Taken.done[0] != answer:
            raise ValueError(name + " was not answered well")
        used.append(middle - start + end - again)
    if used[-1] != used[-2]:
        raise ValueError("the number of bytes does not settle: " + repr(used))
    text = reply[0]

    def json_alone():
        json.dumps(call)
        json.loads(text)

    tell(name, used[-1], settled(json_alone))


def tell(name, *numbers):
    print("bytes", name, *numbers, sep="\t")


station.connected(0)
converse([])
while not station.session._sent >= 10:
    station.call(("Heartbeat", {}), done)
    converse([])

gc.disable()
received(
    "received ChangeConfiguration",
    '[2,"19223201","ChangeConfiguration",{"key":"MeterValueSampleInterval","value":"60"}]',
)
changed("received ChangeConfiguration, stored", "MeterValueSampleInterval", *["60", "90"] * 4)
received(
    "received GetConfiguration, one key",
    '[2,"19223201","GetConfiguration",{"key":["HeartbeatInterval"]}]',
)
if "SmartCharging" in station.profiles:
    periods = [{"startPeriod": 600 * n, "limit": 16.0, "numberPhases": 3} for n in range(10)]
    profile = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {
            "startSchedule": "2026-01-01T00:00:00Z",
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": periods,
        },
    }
    received(
        "received SetChargingProfile, 10 periods",
        json.dumps(
            [2, "19223201", "SetChargingProfile", {"connectorId": 0, "csChargingProfiles": profile}]
        ),
    )
called(
    "call BootNotification",
    lambda: (
        "BootNotification",
        {
            "chargePointVendor": "Example",
            "chargePointModel": "Wallbox 11",
            "chargePointSerialNumber": "0001",
            "firmwareVersion": "1.0.0",
        },
    ),
    ANSWERS["BootNotification"],
)
called("call Heartbeat", lambda: ("Heartbeat", {}), ANSWERS["Heartbeat"])
called(
    "call MeterValues, 3 samples",
    lambda: (
        "MeterValues",
        {
            "connectorId": 1,
            "transactionId": 1,
            "meterValue": [
                {
                    "timestamp": "2026-01-01T00:00:00Z",
                    "sampledValue": [
                        {"value": "7360", "measurand": "Power.Active.Import", "unit": "W"},
                        {
                            "value": "123456",
                            "measurand": "Energy.Active.Import.Register",
                            "unit": "Wh",
                        },
                        {
                            "value": "32.1",
                            "measurand": "Current.Import",
                            "unit": "A",
                            "phase": "L1",
                        },
                    ],
                }
            ],
        },
    ),
    {},
)
gc.enable()


class Quiet:
    # A stream on which nothing comes; the main loop reads from it once a turn.
    def __init__(self):
        self.start(0)

    def start(self, turns):
        self.left = turns
        self.before = self.used = 0

    def count(self):
        now = gc.mem_alloc()
        self.used = now - self.before
        self.left -= 1
        if self.left < 0:
            raise Captured()
        self.before = gc.mem_alloc()

    def read(self, size):
        self.count()
        return None

    def settimeout(self, seconds):
        pass

    def hurry(self, on):
        pass

    def write(self, data):
        pass

    send = write

    def close(self):
        pass


class QuietSocket(Quiet):
    # The same as a socket of the firmware's, whose time-outs are errors.
    def recv(self, size):
        self.count()
        raise OSError(110)


def turn(counter, stream, count=8, send=None):
    # Turns the main loop, and tells the bytes of the last turn.
    loop._socket = WebSocket(stream, loop._board.random, loop._refused)
    loop._send = send or loop._socket.send
    counter.start(count)
    gc.disable()
    try:
        run(loop)
    except Captured:
        pass
    gc.enable()
    loop._send = None
    return counter.used


WebSocket = find("WebSocket")
SocketStream = find("SocketStream")
quiet = Quiet()
for command in ("plug 1", "tag 1 ABCD"):
    commands = [command]
    loop._board.read_command = lambda: commands.pop() if commands else None
    said = []
    turn(quiet, quiet, 1, said.append)
    converse(said)
if station.shared["connectors"][1].state != "Charging":
    raise ValueError("no car charges: " + station.shared["connectors"][1].state)
loop._board.read_command = lambda: None
tell("idle turn while charging", turn(quiet, quiet))
quiet = QuietSocket()
tell("idle turn while charging, with the socket's time-out", turn(quiet, SocketStream(quiet, None)))


def time_out():
    try:
        quiet.recv(1)
    except OSError:
        pass


quiet.start(1000)
gc.disable()
tell("a time-out raised and caught", settled(time_out))
print("end")
