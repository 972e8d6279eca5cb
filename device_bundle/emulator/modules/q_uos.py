# uos: the file functions, and a urandom that repeats after each start.
import os

_state = 1

listdir = os.listdir
ilistdir = os.ilistdir
mkdir = os.mkdir
rmdir = os.rmdir
chdir = os.chdir
getcwd = os.getcwd
remove = os.remove
rename = os.rename
stat = os.stat
statvfs = os.statvfs
mount = os.mount
umount = os.umount


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
