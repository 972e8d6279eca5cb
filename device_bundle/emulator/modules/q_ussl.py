# ussl: no server verification, no CA; would-block comes out of a wrapped socket as a negative
# number, and then loses what a longer read had.
import ssl

import chaos

# mbedTLS's "want read", and time-outs as they come out.
_NOTHING_YET = (-26880, -11, -110)


class _Wrapped:
    def __init__(self, real, raw):
        self._real = real
        self._raw = raw

    def read(self, size=-1):
        return self._call(self._real.read, size)

    def readinto(self, buffer):
        return self._call(self._real.readinto, buffer)

    def readline(self):
        return self._call(self._real.readline)

    def write(self, data):
        return self._call(self._real.write, data)

    def setblocking(self, flag):
        self._raw.setblocking(flag)

    def getpeercert(self, binary):
        if not binary:
            raise NotImplementedError
        return self._real.getpeercert(True)

    def close(self):
        self._real.close()

    def _call(self, function, *arguments):
        if chaos.strikes("errors"):
            raise OSError(_NOTHING_YET[chaos.below(3)])
        try:
            result = function(*arguments)
        except OSError as error:
            code = error.args[0]
            raise OSError(-110 if code in (11, 35, 60, 110) else code)
        if result is None:
            raise OSError(-110)
        return result


def wrap_socket(sock, *, key=None, cert=None, server_side=False, server_hostname=None, do_handshake=True):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_NONE
    if cert:
        context.load_cert_chain(cert, key)
    return _Wrapped(context.wrap_socket(sock.real, server_hostname=server_hostname), sock)
