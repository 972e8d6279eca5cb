# _thread: locks without time-outs, and the stack size's quirk.
import _thread
import gc

allocate_lock = _thread.allocate_lock
get_ident = _thread.get_ident
_running = {}
_guard = _thread.allocate_lock()


def start_new_thread(function, arguments):
    def body():
        own = get_ident()
        try:
            function(*arguments)
        finally:
            with _guard:
                _running.pop(own, None)

    identity = _thread.start_new_thread(body, ())
    with _guard:
        _running[identity] = True
    return identity


def threadIsRunning(identity):
    with _guard:
        return identity in _running


def stack_size(size=0):
    return -1 if 0 < size < 8192 else 0


def get_heap_size():
    return gc.mem_free()
