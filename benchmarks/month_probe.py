# Stands in for /usr/main.py of a bundle, in an emulated module whose time, network and central
# system are made here: a month passes in a minute. MicroPython.
#
# Prints, at four o'clock each morning when nothing goes on, a line with tabs:
# day NUMBER HEAP LARGEST MESSAGES TRANSACTIONS WRITES BYTES (all of them since the line before but
# for HEAP, the bytes kept, and LARGEST, the longest free piece); and in the end how many of each
# action came.
# ruff: noqa: F401, PLR2004, RET501, SIM105  # no contextlib on a module; importing starts it
import builtins
import gc
import sys

import ubinascii
import uhashlib
import ujson
import utime

json = ujson.json
# The port's own JSON instead of the emulator's, which is slow.
ujson.loads = json.loads
ujson.dumps = json.dumps
emulated = sys.modules["emulated"]
DAYS = emulated.options["days"]
DAY = 86400
# 2026-01-01T00:00:00Z
EPOCH = 1767225600
# Milliseconds that pass while the main loop waits for the peer.
STEP = 1000
SAMPLE = 4 * 3600
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Captured(BaseException):
    pass


class World:
    ms = 0
    step = 0  # seconds the central system's clock is ahead
    network = True
    status = 101  # what the server answers to a handshake
    mute = False  # the server answers nothing any more
    socket = None
    agenda = []
    at = 0
    typed = []
    calls = 0
    transactions = 0
    last = 0  # transactionId given last
    running = {}
    messages = 0
    writes = 0
    written = 0
    actions = {}
    opened = {}
    before = 0
    day = 0


def wait(milliseconds):
    # Time passes, up to what is on the agenda at the latest.
    until = World.ms + milliseconds
    while World.at < len(World.agenda) and World.agenda[World.at][0] * 1000 <= until:
        due, act, arguments = World.agenda[World.at]
        World.at += 1
        World.ms = max(World.ms, due * 1000)
        act(*arguments)
    World.ms = max(World.ms, until)


def now_text():
    parts = utime_gmtime(EPOCH + World.ms // 1000 + World.step)
    return "%04d-%02d-%02dT%02d:%02d:%02dZ" % tuple(parts[:6])


utime_gmtime = sys.modules["emulated"].time.gmtime
emulated.microseconds = lambda: World.ms * 1000
emulated._epoch = EPOCH
emulated.sleep = lambda seconds: wait(int(seconds * 1000))


# Flash: what is written, and how often.
plain_open = builtins.open


class Counted:
    def __init__(self, file):
        self._file = file
        self.read = file.read
        self.seek = file.seek
        self.flush = file.flush
        self.close = file.close

    def write(self, data):
        World.written += len(data)
        return self._file.write(data)


def counting_open(path, mode="r"):
    if mode[0] == "r":
        return plain_open(path, mode)
    World.writes += 1
    name = path.split("/")[-1]
    World.opened[name] = World.opened.get(name, 0) + 1
    return Counted(plain_open(path, mode))


builtins.open = counting_open


# The console.
class Stdin:
    def read(self, count):
        text = World.typed[0]
        if len(text) > 1:
            World.typed[0] = text[1:]
        else:
            del World.typed[0]
        return text[0]


class Poll:
    def register(self, stream, events):
        pass

    def ipoll(self, milliseconds=0):
        return (1,) if World.typed else ()


class Uselect:
    POLLIN = 1
    poll = Poll


class Sys:
    stdin = Stdin()


# The network and the central system.
class Socket:
    def __init__(self, family=2, kind=1):
        self.inbox = b""
        self.outbox = b""
        self.shaken = False
        self.dead = False

    def settimeout(self, seconds):
        pass

    def connect(self, address):
        if World.mute:
            wait(10000)
            raise OSError(110)
        self.dead = not World.network
        World.socket = self

    def recv(self, size):
        if not self.inbox:
            if self.dead:
                raise OSError(128)
            wait(STEP)
            if not self.inbox:
                raise OSError(110)
        data = self.inbox[:size]
        self.inbox = self.inbox[size:]
        return data

    def send(self, data):
        if self.dead:
            raise OSError(128)
        if World.mute:
            return len(data)
        self.outbox += bytes(data)
        if not self.shaken:
            self._shake()
        while self.shaken and len(self.outbox) > 1 and self._take():
            pass
        return len(data)

    def close(self):
        self.dead = True
        self.inbox = self.outbox = b""
        if World.socket is self:
            World.socket = None

    def hear(self, opcode, payload, fin=0x80):
        size = len(payload)
        head = bytes((fin | opcode, size)) if size < 126 else None
        if head is None:
            head = bytes((fin | opcode, 126, size >> 8, size & 255))
        self.inbox += head + payload

    def _shake(self):
        if self.outbox[-4:] != b"\r\n\r\n":
            return
        head = self.outbox.decode()
        self.outbox = b""
        if World.status != 101:
            self.inbox = b"HTTP/1.1 %d No\r\n\r\n" % World.status
            return
        at = head.find("Sec-WebSocket-Key: ") + 19
        key = head[at : head.find("\r", at)]
        accept = ubinascii.b2a_base64(uhashlib.sha1((key + GUID).encode()).digest())
        self.inbox = (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Protocol: ocpp1.6\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        self.inbox = self.inbox.replace(b"\n\r\n\r\n", b"\r\n\r\n").replace(b"=\n", b"=")
        self.shaken = True

    def _take(self):
        data = self.outbox
        size = data[1] & 127
        start = 2
        if size == 126:
            size = data[2] << 8 | data[3]
            start = 4
        end = start + 4 + size
        if len(data) < end:
            return False
        mask = data[start : start + 4]
        payload = bytearray(data[start + 4 : end])
        for i in range(size):
            payload[i] ^= mask[i & 3]
        self.outbox = data[end:]
        opcode = data[0] & 15
        if opcode == 1:
            self._answer(json.loads(bytes(payload)))
        elif opcode == 9:
            self.hear(10, bytes(payload))
        elif opcode == 8:
            self.hear(8, bytes(payload[:2]))
            self.dead = True
        return True

    def _answer(self, frame):
        World.messages += 1
        if frame[0] != 2:
            if frame[0] == 4:
                count("CALLERROR " + frame[2])
            elif "status" in frame[2]:
                count("status " + frame[2]["status"])
            return
        action = frame[2]
        count(action)
        answer = {}
        if action == "BootNotification":
            answer = {"status": "Accepted", "currentTime": now_text(), "interval": 900}
        elif action == "Heartbeat":
            answer = {"currentTime": now_text()}
        elif action == "StartTransaction":
            World.last += 1
            World.transactions += 1
            World.running[frame[3]["connectorId"]] = World.last
            answer = {"transactionId": World.last, "idTagInfo": {"status": "Accepted"}}
        elif action == "StopTransaction":
            answer = {"idTagInfo": {"status": "Accepted"}}
        elif action == "Authorize":
            answer = {"idTagInfo": {"status": "Accepted"}}
        elif action == "DataTransfer":
            answer = {"status": "Accepted"}
        self.hear(1, json.dumps([3, frame[1], answer]).encode())


def count(name):
    World.actions[name] = World.actions.get(name, 0) + 1


class Usocket:
    SOCK_STREAM = 1
    socket = Socket

    @staticmethod
    def getaddrinfo(host, port):
        return [(2, 1, 6, "", (host, port))] if World.network else []


sys.modules["usocket"] = Usocket
sys.modules["uselect"] = Uselect
sys.modules["sys"] = Sys


# What happens.
def type_line(text):
    World.typed.append(text + "\n")


def call(action, payload):
    if World.socket is None or not World.socket.shaken:
        count("not sent")
        return
    World.calls += 1
    text = json.dumps([2, "c%d" % World.calls, action, payload])
    World.socket.hear(1, text.encode())


def stop_remotely(connector):
    call("RemoteStopTransaction", {"transactionId": World.running.get(connector, 0)})


def raw(opcode, payload, fin=0x80):
    if World.socket is not None and World.socket.shaken:
        World.socket.hear(opcode, payload, fin)


def set_network(up):
    World.network = up
    emulated_net.up = lambda: up
    if not up and World.socket is not None:
        World.socket.dead = True


emulated_net = sys.modules["net"]


def set_status(status):
    World.status = status
    if World.socket is not None and World.socket.shaken:
        World.socket.inbox += b"\x88\x02\x03\xf4"


def set_mute(mute):
    World.mute = mute
    if World.socket is not None and not mute:
        World.socket.dead = True


def set_step(seconds):
    World.step = seconds


def cut():
    if World.socket is not None:
        World.socket.dead = True


def profile(purpose, number, limit, day, transaction=None):
    made = {
        "chargingProfileId": number,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative" if transaction else "Absolute",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [
                {"startPeriod": 600 * n, "limit": limit + n % 3, "numberPhases": 3}
                for n in range(12)
            ],
        },
    }
    if not transaction:
        made["chargingSchedule"]["startSchedule"] = now_text()
        made["chargingSchedule"]["duration"] = 40000
    return made


def default_profile(day):
    made = profile("TxDefaultProfile", 1, 10.0 + day % 5, day)
    call("SetChargingProfile", {"connectorId": 0, "csChargingProfiles": made})


def transaction_profile(connector):
    if connector not in World.running:
        return
    made = profile("TxProfile", 2, 8.0, 0, True)
    made["transactionId"] = World.running[connector]
    call("SetChargingProfile", {"connectorId": connector, "csChargingProfiles": made})


def remote_start(connector, day):
    made = profile("TxProfile", 3, 12.0, day, True)
    call(
        "RemoteStartTransaction",
        {"connectorId": connector, "idTag": "REMOTE%d" % (day % 3), "chargingProfile": made},
    )


def reserve(connector, tag, seconds):
    expiry = World.step
    World.step += seconds
    text = now_text()
    World.step = expiry
    call(
        "ReserveNow",
        {"connectorId": connector, "expiryDate": text, "idTag": tag, "reservationId": connector},
    )


def local_list(day):
    entries = [{"idTag": "LOCAL%d" % n, "idTagInfo": {"status": "Accepted"}} for n in range(20)]
    if day % 7 == 0:
        call("SendLocalList", {"listVersion": day + 1, "updateType": "Full",
                               "localAuthorizationList": entries})
    else:
        call("SendLocalList", {"listVersion": day + 1, "updateType": "Differential",
                               "localAuthorizationList": entries[day % 7 : day % 7 + 3]})


def sample():
    gc.collect()
    kept = gc.mem_alloc() - World.before
    low, high = 0, gc.mem_free()
    while high - low > 256:
        middle = (low + high) // 2
        try:
            bytearray(middle)
            low = middle
        except MemoryError:
            high = middle
    gc.collect()
    print("day", World.day, kept, low, World.messages, World.transactions, World.writes,
          World.written, sep="\t")
    World.messages = World.transactions = World.writes = World.written = 0
    World.day += 1
    if World.day > DAYS:
        raise Captured()


TRIGGERS = ("BootNotification", "Heartbeat", "MeterValues", "StatusNotification")


def plan(day):
    # What a day brings, as (second of the day, function, arguments).
    clock = {5: 7200, 6: -3600, 10: 64 * 365 * DAY}
    add = []

    def at(hour, minute, function, *arguments):
        add.append((day * DAY + hour * 3600 + int(minute * 60), function, arguments))

    def charge(hour, minute, connector, percent, tag):
        at(hour, minute, type_line, "plug %d %d" % (connector, percent))
        at(hour, minute + 0.5, type_line, "tag %d %s" % (connector, tag))

    def leave(hour, minute, connector, tag):
        at(hour, minute, type_line, "tag %d %s" % (connector, tag))
        at(hour, minute + 1, type_line, "unplug %d" % connector)

    at(0, 30, default_profile, day)
    at(0, 40, call, "GetCompositeSchedule", {"connectorId": 1, "duration": 86400})
    at(1, 0, set_step, clock.get(day, 0))
    at(2, 0, local_list, day)
    at(2, 5, call, "GetLocalListVersion", {})
    at(4, 0, sample)
    at(6, 0, call, "ChangeConfiguration",
       {"key": "MeterValueSampleInterval", "value": str(60 + day % 2 * 30)})
    at(6, 1, call, "GetConfiguration", {})
    charge(7, 0, 1, 20, "CARD%d" % day)
    at(7, 30, transaction_profile, 1)
    leave(9, 0, 1, "CARD%d" % day)
    at(10, 0, reserve, 2, "RESERVED", 7200)
    at(10, 30, call, "CancelReservation", {"reservationId": 2})
    at(10, 40, reserve, 1, "RESERVED", 600)
    at(11, 0, set_network, False)
    charge(11, 30, 2, 30, "LOCAL%d" % (day % 20))
    leave(12, 30, 2, "LOCAL%d" % (day % 20))
    at(13, 0, set_network, True)
    at(13, 30, raw, 8, b"\x03\xf4service restart")
    at(13, 40, cut)
    at(13, 50, set_mute, True)
    at(14, 0, set_mute, False)
    at(14, 10, set_status, 401 if day % 2 else 503)
    at(14, 40, set_status, 101)
    at(15, 0, type_line, "plug 2 40")
    at(15, 0.5, remote_start, 2, day)
    at(16, 0, call, "TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 2})
    at(16, 30, stop_remotely, 2)
    at(16, 40, type_line, "unplug 2")
    for number, name in enumerate(TRIGGERS):
        at(17, number, call, "TriggerMessage", {"requestedMessage": name})
    at(17, 10, call, "ChangeAvailability", {"connectorId": 1, "type": "Inoperative"})
    at(17, 12, call, "ChangeAvailability", {"connectorId": 1, "type": "Operative"})
    at(17, 14, call, "UnlockConnector", {"connectorId": 1})
    at(17, 16, call, "ClearCache", {})
    at(17, 18, call, "DataTransfer", {"vendorId": "nobody", "data": "x" * 500})
    at(17, 20, call, "ClearChargingProfile", {"id": 3})
    at(17, 22, call, "GetComposite", {"no": "such action"})
    at(17, 24, raw, 1, b'[2,"1"')
    at(17, 25, raw, 2, b"\x00\x01\x02")
    at(17, 26, raw, 1, b"x" * 20000)
    at(17, 28, raw, 1, b'[2,"fragments","GetLocal', 0)
    at(17, 28, raw, 0, b'ListVersion",{}]')
    at(17, 30, type_line, "fault 1 HighTemperature")
    at(17, 40, type_line, "clear 1")
    charge(18, 0, 1, 10, "EVENING")
    charge(18, 30, 2, 10, "NIGHT")
    at(23, 0, type_line, "stop 2")
    at(23, 1, type_line, "unplug 2")
    at(23, 30, type_line, "unplug 1")
    return add


def plan_next():
    # The agenda of a day is made when it begins, so that a month takes no more room than a day.
    day = World.ms // 1000 // DAY
    World.agenda = plan(day)
    World.agenda.append(((day + 1) * DAY, plan_next, ()))
    World.at = 0


plan_next()
gc.collect()
World.before = gc.mem_alloc()
try:
    import usr.app
except Captured:
    pass
for name in sorted(World.actions):
    print("count", name, World.actions[name], sep="\t")
for name in sorted(World.opened):
    print("file", name, World.opened[name], sep="\t")
print("end")
