# usocket: connect() hides a refusal, getaddrinfo() hides failures, send() may be short,
# time-outs are OSError(110), and the peer's end is ENOTCONN.
import socket as unix

import chaos
import emulated

AF_INET = 2
AF_INET6 = 10
SOCK_STREAM = 1
SOCK_DGRAM = 2
SOCK_RAW = 3
IPPROTO_IP = 0
IPPROTO_TCP = 6
IPPROTO_UDP = 17
IP_ADD_MEMBERSHIP = 0x400
SOL_SOCKET = 0xFFF
SO_REUSEADDR = 4
TCP_KEEPALIVE = 2

_TIMEOUT = (11, 35, 60, 110)
_NOTCONN = 128
# EINTR, EAGAIN, ETIMEDOUT: nothing was read or sent, and the connection is as good as before.
_NOTHING_YET = (4, 11, 110)


def _family(real):
    return AF_INET if real == unix.AF_INET else AF_INET6


def getaddrinfo(host, port, *rest):
    if emulated.flag("no-network") or chaos.strikes_once("no_name"):
        return []
    try:
        found = unix.getaddrinfo(host, port)
    except OSError:
        return []
    result = []
    for family, kind, proto, name, address in found:
        if kind == unix.SOCK_STREAM:
            parts = unix.sockaddr(address)
            text = unix.inet_ntop(family, parts[1])
            result.append((_family(family), SOCK_STREAM, proto, name or "", (text, parts[2])))
    return result


class socket:
    def __init__(self, family=AF_INET, kind=SOCK_STREAM, proto=0):
        real = unix.AF_INET if family == AF_INET else unix.AF_INET6
        self.real = unix.socket(real, unix.SOCK_STREAM if kind == SOCK_STREAM else unix.SOCK_DGRAM)
        self._dead = False
        self.timeout = None
        self.secured = False  # TLS waits by itself

    def settimeout(self, seconds):
        self.timeout = seconds
        if not self.secured:
            self.real.settimeout(None if seconds is None else emulated.real(seconds))

    def setblocking(self, flag):
        self.settimeout(None if flag else 0)

    def connect(self, address):
        found = unix.getaddrinfo(address[0], address[1])
        if chaos.strikes_once("refused"):
            self._dead = True
            return
        try:
            self.real.connect(found[0][-1])
        except OSError as error:
            if error.args[0] in (11, 35, 36, 60, 110, 115):
                raise OSError(110)
            self._dead = True  # firmware looks at writability only, which a refusal grants too

    def recv(self, size):
        emulated.poll()
        if self._dead:
            raise OSError(_NOTCONN)
        if chaos.strikes("errors"):
            raise OSError(_NOTHING_YET[chaos.below(3)])
        if chaos.strikes("short"):
            size = 1 + chaos.below(size)
        try:
            data = self.real.recv(size)
        except OSError as error:
            raise OSError(self._code(error))
        if not data:
            self._dead = True
            raise OSError(_NOTCONN)
        return data

    def send(self, data):
        if self._dead:
            raise OSError(_NOTCONN)
        most = emulated.options["send"]
        if chaos.strikes("errors"):
            raise OSError(_NOTHING_YET[chaos.below(2)])
        if chaos.strikes("gone"):
            raise OSError(110)
        if chaos.strikes("short"):
            most = 1 + chaos.below(len(data) or 1)
        try:
            return self.real.send(memoryview(data)[:most] if most else data)
        except OSError as error:
            raise OSError(self._code(error))

    def sendall(self, data):
        if self.send(data) < len(data):
            raise OSError(110)

    def write(self, data):
        return self.send(data)

    def read(self, size=-1):
        return self.real.read(size)

    def readinto(self, buffer):
        return self.real.readinto(buffer)

    def readline(self):
        return self.real.readline()

    def bind(self, address):
        self.real.bind(unix.getaddrinfo(address[0], address[1])[0][-1])

    def listen(self, backlog):
        self.real.listen(backlog)

    def setsockopt(self, level, option, value):
        pass

    def getsocketsta(self):
        return 10 if self._dead else 4

    def fileno(self):
        return self.real.fileno()

    def close(self):
        self._dead = True
        self.real.close()

    def _code(self, error):
        code = error.args[0]
        if code in _TIMEOUT:
            return 11 if self.timeout == 0 else 110
        if code in (32, 54, 104):  # EPIPE and ECONNRESET of the hosts this runs on
            self._dead = True
            return 104
        return code
