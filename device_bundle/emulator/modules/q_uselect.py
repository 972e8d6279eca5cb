# uselect: the port's own; older ports poll numbers of files only, which firmware does not ask for.
import sys

import uselect as MODULE


class Poll:
    def __init__(self):
        self._real = MODULE_OF_PORT.poll()

    def register(self, thing, events=MODULE.POLLIN | MODULE.POLLOUT):
        self._real.register(thing.fileno(), events)

    def unregister(self, thing):
        self._real.unregister(thing.fileno())

    def poll(self, timeout=-1):
        return self._real.poll(timeout)

    def ipoll(self, timeout=-1):
        return self._real.ipoll(timeout)


class Older:
    POLLIN = MODULE.POLLIN
    POLLOUT = MODULE.POLLOUT
    POLLERR = MODULE.POLLERR
    POLLHUP = MODULE.POLLHUP
    poll = Poll


MODULE_OF_PORT = MODULE
try:
    MODULE.poll().register(sys.stdin)
except TypeError:
    MODULE = Older
