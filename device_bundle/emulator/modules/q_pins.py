# machine.Pin, UART and ExtInt. A pin's number is that of its name. Inputs without a host read
# their pull resistor. Callbacks run while the program waits, as the firmware schedules them.
import emulated
import hardware_bus


class Pin:
    IN = 0
    OUT = 1
    PULL_DISABLE = 0
    PULL_PU = 1
    PULL_PD = 2

    def __init__(self, number, direction, pull, level):
        _check_pin(number)
        self._number = number
        self._direction = direction
        self._pull = pull
        self._level = level
        if direction == Pin.OUT:
            self.write(level)

    def read(self):
        if self._direction == Pin.OUT:
            return self._level
        return _level(self._number, self._pull)

    def write(self, level):
        if self._direction != Pin.OUT:
            return -1
        self._level = 1 if level else 0
        hardware_bus.ask("out %d %d" % (self._number, self._level))
        return 0

    def set_dir(self, direction):
        self._direction = direction
        return 0

    def get_dir(self):
        return self._direction


class ExtInt:
    IRQ_RISING = 0
    IRQ_FALLING = 1
    IRQ_RISING_FALLING = 2
    PULL_DISABLE = 0
    PULL_PU = 1
    PULL_PD = 2

    def __init__(self, number, mode, pull, callback):
        _check_pin(number)
        if callback is None:
            raise ValueError("callback is none")
        self._number = number
        self._mode = mode
        self._pull = pull
        self._callback = callback
        self._enabled = False
        self._polled = self._poll  # the same each time: older ports make another at each use
        self._seen = self._count()

    def enable(self):
        if not self._enabled:
            self._enabled = True
            self._seen = self._count()
            emulated.idle.append(self._polled)
        return 0

    def disable(self):
        if self._enabled:
            self._enabled = False
            emulated.idle.remove(self._polled)
        return 0

    def line(self):
        return self._number

    def read_level(self):
        return _level(self._number, self._pull)

    def _count(self):
        # Edges since the host began: rising, falling.
        answer = hardware_bus.ask("edges %d" % self._number)
        return [int(part) for part in answer.split()] if answer else [0, 0]

    def _poll(self):
        count = self._count()
        for edge in (0, 1):
            wanted = self._mode in (edge, ExtInt.IRQ_RISING_FALLING)
            for _ in range(count[edge] - self._seen[edge] if wanted else 0):
                self._callback([self._number, edge])
        self._seen = count


class UART:
    UART0 = 0
    UART1 = 1
    UART2 = 2
    UART3 = 3
    UART4 = 4

    def __init__(self, number, baud, bits, parity, stop, flow):
        if not 0 <= number <= 4:
            raise ValueError("UART(%d) does not exist" % number)
        if bits != 8:
            raise ValueError("invalid data bits")
        self._number = number
        self._waiting = b""
        self._callback = None
        hardware_bus.ask("open %d %d %d %d" % (number, baud, parity, stop))

    def any(self):
        answer = hardware_bus.ask("take %d" % self._number)
        if answer:
            self._waiting += bytes([int(answer[i : i + 2], 16) for i in range(0, len(answer), 2)])
        return len(self._waiting)

    def read(self, size):
        data = self._waiting[:size]
        self._waiting = self._waiting[size:]
        return data

    def write(self, data):
        if isinstance(data, str):
            data = data.encode()
        text = "".join(["%02x" % byte for byte in data])
        hardware_bus.ask("write %d %s" % (self._number, text))
        return len(data)

    def control_485(self, pin, direction):
        _check_pin(pin)
        return 0

    def set_callback(self, callback):
        if self._callback is None:
            emulated.idle.append(self._poll)
        self._callback = callback
        return 0

    def close(self):
        hardware_bus.ask("close %d" % self._number)
        return 0

    def _poll(self):
        before = len(self._waiting)
        if self.any() > before:
            self._callback([0, self._number, len(self._waiting) - before])


def _level(number, pull):
    answer = hardware_bus.ask("in %d %d" % (number, pull))
    return int(answer) if answer else 1 if pull == Pin.PULL_PU else 0


def _check_pin(number):
    if not 0 <= number <= 47:
        raise ValueError("invalid pin value")


for _number in range(48):
    setattr(Pin, "GPIO%d" % _number, _number)
    setattr(ExtInt, "GPIO%d" % _number, _number)
