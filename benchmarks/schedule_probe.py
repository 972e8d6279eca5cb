# Stands in for /usr/main.py of a bundle with readable names, in an emulated module: what a
# composite schedule of 24 hours over 8 stacked profiles takes. MicroPython.
#
# Prints lines with tabs: NAME COMPOSITE JSON, of bytes and of microseconds, and of the answer.
# ruff: noqa: F401, SIM105, UP031  # importing starts it; no contextlib, no f-strings on a module
import gc
import sys

import ujson
import uos
import utime

json = ujson.json
ujson.loads = json.loads
ujson.dumps = json.dumps

ROUNDS = 20


class Captured(BaseException):
    pass


class Taken:
    loop = None
    text = ""


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


def write(text):
    Taken.text = text


def ask(action, payload):
    station.receive(json.dumps([2, "1", action, payload]), 0)
    station.flush(write)
    answer = json.loads(Taken.text)
    if answer[0] != 3:
        raise ValueError(Taken.text)
    return answer[2]


def stacked(level):
    # Level 0 changes every hour of the day; those above overrule it for two hours each.
    step, count = (3600, 24) if level == 0 else (1800, 4)
    schedule = {
        "startSchedule": "2025-01-01T%02d:00:00Z" % (3 * level),
        "chargingRateUnit": "W" if level % 3 == 2 else "A",
        "chargingSchedulePeriod": [
            {
                "startPeriod": step * n,
                "limit": (4140 if level % 3 == 2 else 6) + (n * 7 + level) % 10,
            }
            for n in range(count)
        ],
    }
    if level:
        schedule["duration"] = 7200
    return {
        "chargingProfileId": level + 1,
        "stackLevel": level,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Recurring",
        "recurrencyKind": "Daily",
        "chargingSchedule": schedule,
    }


station.connected(0)
station.flush(write)
call = json.loads(Taken.text)
boot = {"status": "Accepted", "currentTime": "2026-01-01T00:00:00Z", "interval": 86400}
station.receive(json.dumps([3, call[1], boot]), 0)
said = []
station.flush(said.append)
for level in range(8):
    request = {"connectorId": 0, "csChargingProfiles": stacked(level)}
    if ask("SetChargingProfile", request) != {"status": "Accepted"}:
        raise ValueError("not accepted")

REQUEST = {"connectorId": 1, "duration": 86400, "chargingRateUnit": "A"}
handler = station.session.router.routes["GetCompositeSchedule"]
answer = handler(REQUEST)
text = json.dumps(answer)


def composite():
    handler(REQUEST)


def json_alone():
    json.loads(text)
    json.dumps(answer)


def used(function):
    gc.collect()
    gc.disable()
    function()
    start = gc.mem_alloc()
    function()
    end = gc.mem_alloc()
    gc.enable()
    return end - start


def taken(function):
    best = 0
    for _ in range(ROUNDS):
        gc.collect()
        start = utime.ticks_us()
        function()
        spent = utime.ticks_diff(utime.ticks_us(), start)
        best = spent if not best else min(best, spent)
    return best


print("bytes", used(composite), used(json_alone), sep="\t")
print("microseconds", taken(composite), taken(json_alone), sep="\t")
print("periods", len(answer["chargingSchedule"]["chargingSchedulePeriod"]), len(text), sep="\t")
print("end")
