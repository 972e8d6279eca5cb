# osTimer: callbacks run whenever the program waits.
import emulated


class osTimer:
    def __init__(self):
        self._due = None
        self._period = 0
        self._callback = None
        emulated.idle.append(self._poll)

    def start(self, milliseconds, cyclic, callback):
        self._period = milliseconds * 1000 if cyclic else 0
        self._due = emulated.microseconds() + milliseconds * 1000
        self._callback = callback
        return 0

    def stop(self):
        self._due = None
        return 0

    def delete_timer(self):
        self._due = None
        return 0

    def _poll(self):
        if self._due is not None and emulated.microseconds() >= self._due:
            self._due = self._due + self._period if self._period else None
            self._callback(None)


MODULE = osTimer
