# uos: the file functions, and a urandom that repeats after each start.
import os

import emulated

_host = os.VfsPosix()
_state = 1

listdir = os.listdir
ilistdir = os.ilistdir
mkdir = os.mkdir
rmdir = os.rmdir
chdir = os.chdir
getcwd = os.getcwd
remove = os.remove
stat = os.stat
mount = os.mount
umount = os.umount


def rename(old, new):
    # Past the file system of ROOT, which mixes two paths up; it replaces, as LittleFS does.
    _host.rename(_real(old), _real(new))


def _real(path):
    if path[:1] != "/":
        path = os.getcwd().rstrip("/") + "/" + path
    return emulated.root + path


def statvfs(path):
    # A flash has blocks of 4 KB; every file takes whole ones.
    total = emulated.options["flash"] // 4096
    if not total:
        return os.statvfs(path)
    free = max(0, total - _blocks("/usr"))
    return (4096, 4096, total, free, free, 0, 0, 0, 0, 255)


def _blocks(path):
    count = 2
    for entry in os.ilistdir(path):
        below = path + "/" + entry[0]
        count += _blocks(below) if entry[1] == 0x4000 else -(-os.stat(below)[6] // 4096)
    return count


def urandom(count):
    global _state
    out = bytearray(count)
    for i in range(count):
        _state = (_state * 1103515245 + 12345) & 0x7FFFFFFF
        out[i] = _state >> 16 & 255
    return bytes(out)


def uname():
    return (
        "sysname=EMULATOR", "nodename=EMULATOR", "release=1.12.0", "version=v1.12",
        "machine=EMULATOR with QUECTEL", "qpyver=V0001",
    )
