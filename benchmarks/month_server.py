# A mobile network and the central system behind it, as sockets of an emulated module. It comes
# with the module's files as usr/month_server.py. MicroPython.
# ruff: noqa: UP031  # no f-strings in 1.12
import sys

import ubinascii
import uhashlib
from usr.month_world import EPOCH

json = sys.modules["ujson"].json
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# Milliseconds that pass while the main loop waits for a peer: one that is silent, one that is gone.
MOMENT = 5000
HURRY = 1000
UPGRADE = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Protocol: ocpp1.6\r\nSec-WebSocket-Accept: {}\r\n\r\n"
)


class Network:
    # Stands for the module usocket, too.
    SOCK_STREAM = 1

    def __init__(self, world):
        self.world = world
        self.up = True
        self.mute = False  # what is sent gets lost, and connections time out
        self.status = 101  # of the answer to a handshake
        self.ahead = 0  # seconds the central system's clock is ahead
        self.peer = None
        self.calls = 0
        self.transactions = 0
        self.running = {}  # transactionId last given, by connector
        self.messages = 0
        self.heard = {}  # how often what came

    def install(self):
        sys.modules["usocket"] = self
        sys.modules["net"].up = lambda: self.up

    def getaddrinfo(self, host, port):
        return [(2, 1, 6, "", (host, port))] if self.up else []

    def socket(self, family=2, kind=1):
        return Socket(self)

    def now(self, seconds=0):
        # The central system's time, so many seconds from now.
        time = sys.modules["emulated"].time
        gmtime = getattr(time, "gmtime", time.localtime)  # older ports: UTC, as the zone is set
        parts = gmtime(EPOCH + self.world.ms // 1000 + self.ahead + seconds)
        return "{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}Z".format(*parts[:6])

    # What may happen.

    def set_up(self, up):
        self.up = up
        if not up:
            self.cut()

    def set_mute(self, mute):
        self.mute = mute
        if not mute:
            self.cut()

    def set_status(self, status):
        self.status = status
        self.frame(8, b"\x03\xf4")

    def set_ahead(self, seconds):
        self.ahead = seconds

    def cut(self):
        if self.peer is not None:
            self.peer.dead = True

    def frame(self, opcode, payload, fin=0x80):
        if self.peer is not None and self.peer.open:
            self.peer.hear(opcode, payload, fin)
            return True
        return False

    def call(self, action, payload):
        self.calls += 1
        text = json.dumps([2, "c%s" % self.calls, action, payload])
        if not self.frame(1, text.encode()):
            self.count("not sent")

    def answer(self, frame):
        self.messages += 1
        if frame[0] == 4:
            self.count("error %s" % (frame[2],))
        elif frame[0] == 3:
            self.count("answer %s" % (frame[2].get("status", ""),))
        else:
            self.count(frame[2])
            payload = self._reply(frame[2], frame[3])
            self.frame(1, json.dumps([3, frame[1], payload]).encode())

    def count(self, what):
        self.heard[what] = self.heard.get(what, 0) + 1

    def _reply(self, action, payload):
        accepted = {"status": "Accepted"}
        if action == "BootNotification":
            return {"status": "Accepted", "currentTime": self.now(), "interval": 900}
        if action == "Heartbeat":
            return {"currentTime": self.now()}
        if action == "StartTransaction":
            self.transactions += 1
            self.running[payload["connectorId"]] = self.transactions
            return {"transactionId": self.transactions, "idTagInfo": accepted}
        if action in ("StopTransaction", "Authorize"):
            return {"idTagInfo": accepted}
        return {}


class Socket:
    # A socket of the firmware and the server's end of it.
    def __init__(self, network):
        self._network = network
        self._inbox = b""
        self._outbox = b""
        self.open = False
        self.dead = False

    def settimeout(self, seconds):
        pass

    def connect(self, address):
        if self._network.mute:
            self._network.world.wait(10000)
            raise OSError(110)
        self.dead = not self._network.up
        self._network.peer = self

    def recv(self, size):
        if not self._inbox:
            if not self.dead:
                self._network.world.wait(HURRY if self._network.mute else MOMENT)
            if not self._inbox:
                raise OSError(128 if self.dead else 110)
        data = self._inbox[:size]
        self._inbox = self._inbox[size:]
        return data

    def send(self, data):
        if self.dead:
            raise OSError(128)
        if not self._network.mute:
            self._outbox += bytes(data)
            if not self.open:
                self._shake_hands()
            while self.open and len(self._outbox) > 1 and self._take():
                pass
        return len(data)

    def close(self):
        self.open = False
        self.dead = True

    def hear(self, opcode, payload, fin=0x80):
        size = len(payload)
        if size < 126:
            head = bytes((fin | opcode, size))
        else:
            head = bytes((fin | opcode, 126, size >> 8, size & 255))
        self._inbox += head + payload

    def _shake_hands(self):
        if self._outbox[-4:] != b"\r\n\r\n":
            return
        head = self._outbox.decode()
        self._outbox = b""
        if self._network.status != 101:
            self._inbox = b"HTTP/1.1 %d No\r\n\r\n" % self._network.status
            return
        key = head.split("Sec-WebSocket-Key: ")[1].split("\r")[0]
        digest = uhashlib.sha1((key + GUID).encode()).digest()
        self._inbox = UPGRADE.format(ubinascii.b2a_base64(digest).decode().strip()).encode()
        self.open = True

    def _take(self):
        # One frame of the station's; whether there was a whole one.
        data = self._outbox
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
        self._outbox = data[end:]
        opcode = data[0] & 15
        if opcode == 1:
            self._network.answer(json.loads(bytes(payload)))
        elif opcode == 9:
            self.hear(10, bytes(payload))
        elif opcode == 8:
            self.hear(8, bytes(payload[:2]))
            self.dead = True
        return True
