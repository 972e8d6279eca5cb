# Turns MicroPython's unix port into something like a QuecPython module, then starts /usr/main.py.
# Run as: micropython boot.py ROOT, with options as JSON in the environment variable EMULATOR.
#
# ROOT becomes "/", so that paths and imports are a module's own, and nothing outside can be
# reached. Modules of the firmware that the port lacks, or has in another form, come from this
# folder; imports of anything else fail as they would on a module.
import builtins
import os
import sys

import app_fota
import emulated
import fota_module

# Ours, by the name a program imports. A file may not be called utime.py or the like: the port
# finds its own modules before any file when a name begins with u.
OURS = {
    "utime": "q_utime",
    "usocket": "q_usocket",
    "ussl": "q_ussl",
    "uos": "q_uos",
    "ujson": "q_ujson",
    "urandom": "q_urandom",
    "ubinascii": "q_ubinascii",
    "uhashlib": "q_uhashlib",
    "_thread": "q_thread",
    "machine": "q_machine",
    "osTimer": "q_ostimer",
    "queue": "q_queue",
    "modem": "modem",
    "sim": "sim",
    "net": "net",
    "checkNet": "checkNet",
    "dataCall": "dataCall",
    "misc": "misc",
    "ql_fs": "ql_fs",
    "uselect": "q_uselect",
    "uzlib": "q_uzlib",
    "app_fota_download": "app_fota_download",
    "app_fota": "app_fota",
    "fota": "fota_module",
}
# The port's, close enough to the firmware's.
THEIRS = (
    "ustruct", "ucollections", "uio", "ure", "uerrno", "uctypes", "ucryptolib",
    "array", "math", "cmath", "gc", "micropython", "builtins", "sys", "usys",
)


def load():
    # Those others need come first; each is found under its own name from then on.
    for name in OURS:
        made = __import__(OURS[name])
        sys.modules[name] = getattr(made, "MODULE", made)
    try:
        import usys
    except ImportError:  # ports before 1.14 know it as sys only
        sys.modules["usys"] = sys


def restrict_imports():
    find = builtins.__import__
    root = "usr"

    def importer(name, *rest):
        level = rest[3] if len(rest) > 3 else 0
        first = name.split(".")[0]
        if level or first == root or name in OURS or name in THEIRS:
            return find(name, *rest)
        raise ImportError("no module named '%s'" % name)

    builtins.__import__ = importer


def enter(root):
    os.umount("/")
    os.mount(os.VfsPosix(root), "/")
    os.chdir("/")
    sys.path[:] = [""]


def make_strict():
    global THEIRS
    import strict

    strict.apply()
    hidden = {"sys": "usys", "usys": "sys"}.get(emulated.options["sys"])
    THEIRS = tuple(name for name in THEIRS if name != hidden)


load()
if emulated.options["strict"]:
    make_strict()
enter(emulated.root)
sys.argv[:] = []
restrict_imports()
emulated.started()
fota_module.start()
app_fota.update()
import usr.main
