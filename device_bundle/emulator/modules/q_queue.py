# queue: no time-outs, and room for one more than it says.
import emulated


class Queue:
    def __init__(self, maxsize=100):
        self._items = []
        self._most = maxsize + 1

    def put(self, item=None):
        if len(self._items) >= self._most:
            return False
        self._items.append(item)
        return True

    def get(self):
        while not self._items:
            emulated.sleep(0.01)
        return self._items.pop(0)

    def empty(self):
        return not self._items

    def size(self):
        return len(self._items)
