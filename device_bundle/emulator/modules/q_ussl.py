# ussl: no server verification, no CA; would-block comes out of a wrapped socket as a negative
# number, and then loses what a longer read had.
import select
import ssl
import time

import chaos
import emulated

# mbedTLS's "want read", and time-outs as they come out.
_NOTHING_YET = (-26880, -11, -110)


class _Wrapped:
    def __init__(self, real, raw):
        self._real = real
        self._raw = raw

    def read(self, size=-1):
        data = bytearray()
        byte = bytearray(1)
        while size < 0 or len(data) < size:
            if not self.readinto(byte):
                break
            data += byte
        return bytes(data)

    def readinto(self, buffer):
        return self._call(self._real.readinto, buffer, select.POLLIN)

    def readline(self):
        data = bytearray()
        byte = bytearray(1)
        while not data.endswith(b"\n") and self.readinto(byte):
            data += byte
        return bytes(data)

    def write(self, data):
        return self._call(self._real.write, data, select.POLLOUT)

    def setblocking(self, flag):
        self._raw.setblocking(flag)

    def getpeercert(self, binary):
        if not binary:
            raise NotImplementedError
        return self._real.getpeercert(True)

    def close(self):
        self._real.close()

    def _call(self, function, data, event):
        # The TLS of the interpreter never works again once its socket had a time-out, which is
        # not so on a module: the socket never blocks, and what is waited for is waited for here.
        if chaos.strikes("errors"):
            raise OSError(_NOTHING_YET[chaos.below(3)])
        timeout = self._raw.timeout
        begun = time.ticks_us()
        while True:
            result = function(data)
            if result is not None:
                return result
            left = -1
            if timeout is not None:
                waited = time.ticks_diff(time.ticks_us(), begun) // 1000
                left = max(0, int(emulated.real(timeout) * 1000) - waited)
            if not self._ready(event, left):
                raise OSError(-110)

    def _ready(self, event, milliseconds):
        poll = select.poll()
        poll.register(self._raw.real, event)
        return poll.poll(milliseconds)


def wrap_socket(sock, *, key=None, cert=None, server_side=False, server_hostname=None, do_handshake=True):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_NONE
    if cert:
        context.load_cert_chain(cert, key)
    real = context.wrap_socket(sock.real, server_hostname=server_hostname)
    sock.secured = True
    sock.real.setblocking(False)
    return _Wrapped(real, sock)
