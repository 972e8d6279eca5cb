# Stands in for /usr/main.py of a bundle with readable names, in an emulated module: memory while
# 200 KB are fetched and sent, and while an image is checked and unpacked. MicroPython.
#
# Prints lines with tabs: NAME HELD GROWTH GARBAGE. HELD is the most that is kept between two
# turns, GROWTH what is still kept at the end, GARBAGE what is allocated for each KB moved; bytes.
# ruff: noqa: B023, F401, SIM105, UP031  # no contextlib or f-strings there; importing starts it
import gc
import sys

import uos

SIZE = 200 * 1024
IMAGE = "/usr/image"


class Captured(BaseException):
    pass


class Taken:
    loop = None


def take(loop):
    Taken.loop = loop
    raise Captured()


for file in sorted(uos.listdir("/usr")):
    module = file.split(".")[0]
    if file.endswith(".py") and module not in ("app", "main"):
        __import__("usr." + module)
        found = getattr(sys.modules["usr." + module], "Loop", None)
        if found is not None:
            found.run = take
try:
    import usr.app
except Captured:
    pass
station = Taken.loop._station
transfers = station.shared["transfers"]
PIECE = bytes(1024)


class Server:
    # Answers with 200 KB, or takes them; each piece is a new object, as a socket's is.
    def __init__(self, length):
        self.head = b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: %d\r\n\r\n' % length
        self.left = length
        self.sent = 0

    def read(self, size):
        if self.head:
            piece = self.head[:size]
            self.head = self.head[size:]
            return piece
        size = min(size, self.left)
        self.left -= size
        return bytes(memoryview(PIECE)[:size])

    def write(self, data):
        pass

    def send(self, data):
        self.sent += len(data)
        return len(data)

    def close(self):
        pass


class Meter:
    # Counts what one step after the other keeps and throws away.
    def __init__(self):
        gc.collect()
        self.start = gc.mem_alloc()
        self.held = self.garbage = 0

    def step(self, function, argument):
        gc.disable()
        before = gc.mem_alloc()
        done = function(argument)
        self.garbage += gc.mem_alloc() - before
        gc.enable()
        gc.collect()
        self.held = max(self.held, gc.mem_alloc() - self.start)
        return done

    def tell(self, name, moved):
        gc.collect()
        growth = gc.mem_alloc() - self.start
        print(name, self.held, growth, self.garbage * 1024 // moved, sep="\t")


def fetch(length):
    meter = Meter()
    job = transfers.fetch("http://h/firmware", "probe")
    while not job.finished:
        meter.step(transfers.step, 0)
    if job.fault:
        raise ValueError(job.fault)
    uos.remove(job.path)
    return meter


def send(length):
    meter = Meter()
    job = transfers.send("http://h/log", "PUT", length)
    left = length
    while not job.finished:
        while left and job.hungry():
            job.feed(PIECE[: min(left, 128)])
            left -= min(left, 128)
        meter.step(transfers.step, 0)
    if job.fault or server.sent != length:
        raise ValueError(job.fault)
    return meter


def unpack():
    installer = station.shared["installer"]
    meter = Meter()
    answer = ""
    while not answer:
        answer = meter.step(installer.install_firmware, IMAGE)
    if answer != "Restart":
        raise ValueError(answer)
    return meter


for name, move in (("download of 200 KB", fetch), ("upload of 200 KB", send)):
    for length in (4096, SIZE):  # the first one puts in place what stays
        server = Server(length if move is fetch else 0)
        transfers.dial = lambda host, port, secure: server
        meter = move(length)
    meter.tell(name, SIZE)
size = uos.stat(IMAGE)[6]
unpack().tell("checking and unpacking an image of %d KB" % (size // 1024), size)
print("end")
