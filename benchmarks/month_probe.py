# Stands in for /usr/main.py of a bundle, in an emulated module whose month lasts less than a
# minute: see month_world.py and month_server.py. MicroPython.
#
# Prints, at four o'clock each morning when nothing goes on, a line with tabs:
# day NUMBER HEAP LARGEST MESSAGES WRITES BYTES. HEAP is what is kept and LARGEST the longest free
# piece, in bytes; the rest counts since the line before. In the end: count WHAT TIMES for messages,
# file NAME TIMES for files opened to be written.
# ruff: noqa: F401, SIM105, UP031  # importing starts it; no contextlib, no f-strings in 1.12
import gc
import sys

import ujson
from usr.month_server import Network
from usr.month_world import DAY, World

# The port's own JSON instead of the emulator's, which allocates.
ujson.loads = ujson.json.loads
ujson.dumps = ujson.json.dumps
DAYS = sys.modules["emulated"].options["days"]
TRIGGERS = ("BootNotification", "Heartbeat", "MeterValues", "StatusNotification")
# Seconds the central system's clock goes wrong by, from that day on, until it is told otherwise.
CLOCK = {5: 7200, 6: -3600, 10: 64 * 365 * DAY}


class Over(BaseException):
    pass


class Day:
    # What happens on a day, and what is told of it.
    number = 0
    heap = 0  # before the program was there


world = World()
network = Network(world)


def sample():
    gc.collect()
    kept = gc.mem_alloc() - Day.heap
    least, most = 0, gc.mem_free()
    while most - least > 256:
        middle = (least + most) // 2
        try:
            bytearray(middle)
            least = middle
        except MemoryError:
            most = middle
    print("day", Day.number, kept, least, network.messages, world.writes, world.written, sep="\t")
    network.messages = world.writes = world.written = 0
    gc.collect()
    Day.number += 1
    if Day.number > DAYS:
        raise Over()


def profile(purpose, number, limit, connector=0):
    # Of a transaction if a connector is given, else from now on.
    periods = [
        {"startPeriod": 600 * n, "limit": limit + n % 3, "numberPhases": 3} for n in range(12)
    ]
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": periods}
    made = {
        "chargingProfileId": number,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative" if connector else "Absolute",
        "chargingSchedule": schedule,
    }
    if not connector:
        schedule["startSchedule"] = network.now()
        schedule["duration"] = 40000
    return made


def set_default_profile(limit):
    made = profile("TxDefaultProfile", 1, limit)
    network.call("SetChargingProfile", {"connectorId": 0, "csChargingProfiles": made})


def set_transaction_profile(connector):
    made = profile("TxProfile", 2, 8.0, connector)
    made["transactionId"] = network.running.get(connector, 0)
    network.call("SetChargingProfile", {"connectorId": connector, "csChargingProfiles": made})


def start_remotely(connector, tag):
    made = profile("TxProfile", 3, 12.0, connector)
    network.call(
        "RemoteStartTransaction", {"connectorId": connector, "idTag": tag, "chargingProfile": made}
    )


def stop_remotely(connector):
    network.call("RemoteStopTransaction", {"transactionId": network.running.get(connector, 0)})


def reserve(connector, seconds):
    reservation = {
        "connectorId": connector,
        "expiryDate": network.now(seconds),
        "idTag": "RESERVED",
        "reservationId": connector,
    }
    network.call("ReserveNow", reservation)


def send_list(day):
    entries = [{"idTag": "LOCAL%s" % n, "idTagInfo": {"status": "Accepted"}} for n in range(20)]
    kind = "Full"
    if day % 7:
        kind = "Differential"
        entries = entries[day % 7 : day % 7 + 3]
    update = {"listVersion": day + 1, "updateType": kind, "localAuthorizationList": entries}
    network.call("SendLocalList", update)


class Agenda:
    # The things to do of one day, in the order of their times.
    def __init__(self, day):
        self.day = day
        self.entries = []

    def at(self, hour, minute, function, *arguments):
        second = self.day * DAY + hour * 3600 + int(minute * 60)
        self.entries.append((second, function, arguments))

    def call(self, hour, minute, action, **payload):
        self.at(hour, minute, network.call, action, payload)

    def charge(self, hour, minute, connector, percent, tag):
        self.at(hour, minute, world.type, "plug %s %s" % (connector, percent))
        self.at(hour, minute + 0.5, world.type, "tag %s %s" % (connector, tag))

    def leave(self, hour, minute, connector, tag):
        self.at(hour, minute, world.type, "tag %s %s" % (connector, tag))
        self.at(hour, minute + 1, world.type, "unplug %s" % connector)

    def night(self):
        self.at(0, 30, set_default_profile, 10.0 + self.day % 5)
        self.call(0, 40, "GetCompositeSchedule", connectorId=1, duration=DAY)
        self.at(1, 0, network.set_ahead, CLOCK.get(self.day, 0))
        self.at(2, 0, send_list, self.day)
        self.call(2, 5, "GetLocalListVersion")
        self.at(4, 0, sample)

    def morning(self):
        interval = str(60 + self.day % 2 * 30)
        self.call(6, 0, "ChangeConfiguration", key="MeterValueSampleInterval", value=interval)
        self.call(6, 1, "GetConfiguration")
        self.charge(7, 0, 1, 20, "CARD%s" % self.day)
        self.at(7, 30, set_transaction_profile, 1)
        self.leave(9, 0, 1, "CARD%s" % self.day)
        self.at(10, 0, reserve, 2, 7200)
        self.call(10, 30, "CancelReservation", reservationId=2)
        self.at(10, 40, reserve, 1, 600)

    def offline(self):
        # Two hours without a network, in which somebody charges all the same.
        self.at(11, 0, network.set_up, False)
        self.charge(11, 30, 2, 30, "LOCAL%s" % (self.day % 20,))
        self.leave(12, 30, 2, "LOCAL%s" % (self.day % 20,))
        self.at(13, 0, network.set_up, True)

    def bad_link(self):
        self.at(13, 30, network.frame, 8, b"\x03\xf4service restart")
        self.at(13, 40, network.cut)
        self.at(13, 50, network.set_mute, True)
        self.at(14, 0, network.set_mute, False)
        self.at(14, 10, network.set_status, 401 if self.day % 2 else 503)
        self.at(14, 40, network.set_status, 101)

    def remote(self):
        self.at(15, 0, world.type, "plug 2 40")
        self.at(15, 0.5, start_remotely, 2, "REMOTE%s" % (self.day % 3,))
        self.call(16, 0, "TriggerMessage", requestedMessage="MeterValues", connectorId=2)
        self.at(16, 30, stop_remotely, 2)
        self.at(16, 40, world.type, "unplug 2")
        for number, name in enumerate(TRIGGERS):
            self.call(17, number, "TriggerMessage", requestedMessage=name)
        self.call(17, 10, "ChangeAvailability", connectorId=1, type="Inoperative")
        self.call(17, 12, "ChangeAvailability", connectorId=1, type="Operative")
        self.call(17, 14, "UnlockConnector", connectorId=1)
        self.call(17, 16, "ClearCache")
        self.call(17, 18, "DataTransfer", vendorId="nobody", data="x" * 500)
        self.call(17, 20, "ClearChargingProfile", id=3)

    def nonsense(self):
        self.call(17, 22, "Nonsense", no="such action")
        self.at(17, 24, network.frame, 1, b'[2,"1"')
        self.at(17, 25, network.frame, 2, b"\x00\x01\x02")
        self.at(17, 26, network.frame, 1, b"x" * 20000)
        self.at(17, 28, network.frame, 1, b'[2,"fragments","GetLocal', 0)
        self.at(17, 28, network.frame, 0, b'ListVersion",{}]')
        self.at(17, 30, world.type, "fault 1 HighTemperature")
        self.at(17, 40, world.type, "clear 1")

    def evening(self):
        self.charge(18, 0, 1, 10, "EVENING")
        self.charge(18, 30, 2, 10, "NIGHT")
        self.at(23, 0, world.type, "stop 2")
        self.at(23, 1, world.type, "unplug 2")
        self.at(23, 30, world.type, "unplug 1")


def plan():
    # The agenda of a day is made when it begins: a month takes no more room than a day.
    agenda = Agenda(world.ms // 1000 // DAY)
    agenda.night()
    agenda.morning()
    agenda.offline()
    agenda.bad_link()
    agenda.remote()
    agenda.nonsense()
    agenda.evening()
    agenda.at(24, 0, plan)
    world.plan(agenda.entries)


world.install()
network.install()
plan()
gc.collect()
Day.heap = gc.mem_alloc()
try:
    import usr.app
except Over:
    pass
for name in sorted(network.heard):
    print("count", name, network.heard[name], sep="\t")
for name in sorted(world.opened):
    print("file", name, world.opened[name], sep="\t")
print("end")
