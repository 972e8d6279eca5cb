# The wire to `device_bundle.emulator.hardware` on the host: one line out, one line back.
#
# Every question is answered before the program goes on, so that what a device sends in answer to
# a write is there at the next read, however slow the host is. Without a host nothing is wired.
import socket

import emulated

_stream = None
_tried = False


def ask(text):
    # The answer without its end; None if there is no host (any more).
    global _stream
    stream = _connected()
    if stream is None:
        return None
    try:
        stream.write(text + "\n")
        answer = stream.readline()
    except OSError:
        answer = b""
    if not answer:
        stream.close()
        _stream = None
        return None
    return answer.decode().strip()


def _connected():
    global _stream, _tried
    port = emulated.options["hardware"]
    if _stream is None and port and not _tried:
        _tried = True
        _stream = socket.socket()
        _stream.connect(socket.getaddrinfo("127.0.0.1", port)[0][-1])
    return _stream
