"""What the portable kernel does with a given script. Portable.

Run on CPython as it stands and, lowered, on MicroPython; both must say the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ocpp_kernel import errors, events
from ocpp_kernel.configuration import boolean, fixed, integer, items, listing
from ocpp_kernel.dispatch import Router, fingerprint
from ocpp_kernel.frames import Codec
from ocpp_kernel.hooks import Hooks, Implementations, TagInfo
from ocpp_kernel.session import Deferred, Session
from ocpp_kernel.station import Station
from ocpp_kernel.validation import INTEGER, REQUIRED, SHIFT, STRING

Say = Callable[[str, Any], None]

CONTRACTS = {
    "Ask": (
        {
            "text": STRING | REQUIRED | (20 << SHIFT),
            "count": INTEGER,
            "kind": (0, "Soft", "Hard"),
            "list": (0, [(1, {"inner": STRING | REQUIRED}), 1]),
        },
        {"status": (1, "Accepted", "Rejected")},
    ),
    "Tell": (None, {"status": (1, "Accepted", "Rejected")}),
    "Later": (None, None),
    "Relay": (None, None),
    "Fail": (None, None),
    "Refuse": (None, None),
    "Nothing": (None, None),
}

FRAMES = (
    "",
    "null",
    "[]",
    "[2]",
    '{"2":1}',
    '[2,"a"',
    '[2,"a","Ask",{"text":"x"}',
    '[2,"a"]',
    '[2,"a","Ask"]',
    '[2,"a","Ask",{"text":"x"},1]',
    '[2,7,"Ask",{"text":"x"}]',
    '[2,null,"Ask",{"text":"x"}]',
    '[true,"a","Ask",{"text":"x"}]',
    '[9,"a","Ask",{"text":"x"}]',
    '[2,"a",7,{}]',
    '[2,"a","ask",{}]',
    '[2,"a","Tell",{}]',
    '[2,"a","Foreign",{}]',
    '[2,"a","Nonsense",{}]',
    '[2,"a","Ask",null]',
    '[2,"a","Ask",[]]',
    '[2,"a","Ask",{"text":12}]',
    '[2,"a","Ask",{"text":"123456789012345678901"}]',
    '[2,"a","Ask",{"text":"x","count":"1"}]',
    '[2,"a","Ask",{"text":"x","count":true}]',
    '[2,"a","Ask",{"text":"x","kind":"soft"}]',
    '[2,"a","Ask",{"text":"x","list":[]}]',
    '[2,"a","Ask",{"text":"x","list":[{}]}]',
    '[2,"a","Ask",{"text":"x","list":[{"inner":"i","more":1}]}]',
    '[2,"a","Ask",{"text":"x","more":1}]',
    '[2,"a","Ask",{"text":"x"}]',
    '[2,"123456789012345678901234567890123456","Ask",{"text":"x"}]',
    '[2,"1234567890123456789012345678901234567","Ask",{"text":"x"}]',
    '[2,"f","Fail",{}]',
    '[2,"r","Refuse",{}]',
    '[2,"n","Nothing",{}]',
    '[3,"unknown",{}]',
    '[3,"1"]',
    "[3,1,{}]",
    '[4,"unknown"]',
    '[4,"unknown","X","why",{}]',
)

ENDINGS = (
    '[3,"1",{"status":"Accepted"}]',
    '[3,"1",{"status":"Maybe"}]',
    '[3,"1",null]',
    '[4,"1"]',
    '[4,"1","OccurrenceConstraintViolation","why",{"at":"x"}]',
    '[4,"1",5,6,7,8]',
)


class Plays:
    """Handlers for every way a CALL may be answered."""

    def __init__(self, codec: Codec, say: Say) -> None:
        self.say = say
        self.waiting: list[Deferred] = []
        routes = {
            "Ask": self.on_ask,
            "Later": self.on_later,
            "Relay": self.on_relay,
            "Fail": self.on_fail,
            "Refuse": self.on_refuse,
            "Nothing": self.on_nothing,
        }
        router = Router(CONTRACTS, routes, (fingerprint("Foreign"),))
        self.session = Session(router, codec, 30)

    def on_ask(self, request: Any) -> Any:
        self.session.after_response(lambda: self.say("after", request["text"]))
        return {"status": "Accepted"}

    def on_later(self, request: Any) -> Any:
        self.session.after_response(lambda: self.say("after", "later"))
        self.waiting.append(Deferred())
        return self.waiting[-1]

    def on_relay(self, request: Any) -> Any:
        later = Deferred()
        self.session.call(("Tell", {}), later.resolve)
        return later

    def on_fail(self, request: Any) -> Any:
        return request["missing"]

    def on_refuse(self, request: Any) -> Any:
        raise errors.SecurityError("no", {"at": "x"})

    def on_nothing(self, request: Any) -> Any:
        return None

    def done(self, answer: Any, error: Any) -> None:
        self.say("done", answer if error is None else [error.code, error.description])

    def write(self, text: str) -> None:
        self.say("out", text)

    def feed(self, text: str, now: int) -> None:
        self.say("in", text)
        self.session.receive(text, now)
        self.session.flush(self.write)


def play_frames(codec: Codec, say: Say) -> None:
    plays = Plays(codec, say)
    for text in FRAMES:
        plays.feed(text, 0)
    for text in ENDINGS:
        plays = Plays(codec, say)
        plays.session.call(("Tell", {}), plays.done)
        plays.feed(text, 0)
        plays.feed(text, 0)


def play_cut_frames(codec: Codec, say: Say) -> None:
    plays = Plays(codec, say)
    text = '[2,"c","Ask",{"text":"x \\" \\\\ ]","list":[{"inner":"i"}]}]'
    for end in range(len(text) + 1):
        plays.feed(text[:end], 0)


def play_damaged_frames(codec: Codec, say: Say) -> None:
    """JSON readers differ in what they let pass, so all that counts is to have lived on."""
    plays = Plays(codec, no_say)
    text = '[2,"c","Ask",{"text":"x","list":[{"inner":"i"}],"count":12}]'
    number = 1
    for _ in range(600):
        number = number * 75 % 65537
        at = number % len(text)
        put = '",:[]{}\\0e-nt'[number % 13]
        plays.session.receive(text[:at] + put + text[at + number % 3 :], 0)
        plays.session.flush(plays.write)
    plays.say = say
    plays.feed(text, 0)


def no_say(tag: str, value: Any) -> None:
    pass


def play_calls(codec: Codec, say: Say) -> None:
    plays = Plays(codec, say)
    session = plays.session
    session.tick(100)
    for _ in range(4):
        session.call(("Tell", {}), plays.done)
    session.flush(plays.write)
    plays.feed('[2,"l","Later",{}]', 101)
    plays.feed('[2,"l","Later",{}]', 101)
    plays.feed('[2,"r","Relay",{}]', 101)
    plays.feed('[3,"1",{"status":"Accepted"}]', 110)
    say("deadline", session.deadline)
    session.tick(139)
    session.tick(140)
    session.flush(plays.write)
    plays.feed('[3,"2",{"status":"Accepted"}]', 141)
    plays.feed('[3,"3",{"status":"Rejected"}]', 141)
    plays.feed('[3,"4",{"status":"Rejected"}]', 141)
    plays.feed('[3,"5",{"status":"Rejected"}]', 141)
    session.call(("Tell", {}), plays.done)
    plays.waiting[0].resolve({"any": "thing"})
    plays.waiting[0].resolve({"again": 1})
    session.flush(plays.write)
    plays.feed('[2,"l","Later",{}]', 142)
    session.close("cut")
    plays.waiting[1].resolve({})
    session.call(("Tell", {}), plays.done)
    plays.feed('[2,"z","Ask",{"text":"x"}]', 143)
    say("deadline", session.deadline)


class Kept:
    """As much of a store as the configuration needs."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def load(self, name: str) -> Any:
        return self.values.get(name)

    def save(self, name: str, value: Any) -> None:
        self.values[name] = value


class Play:
    """A plugin of a station."""

    def __init__(self, station: Station, say: Say) -> None:
        self.station = station
        self.say = say

    def keys(self) -> list[Any]:
        return [integer("Interval", 5, 1, 60), boolean("Flag", False), fixed("Fixed", "int", 2)]

    def on_event(self, event: Any) -> None:
        if type(event) is events.ClockSet:
            self.say("clock", event.step)
        elif type(event) is events.Disconnected:
            self.say("disconnected", event.reason)
        elif type(event) is events.Connected:
            self.station.after(0, self.again)

    def again(self) -> None:
        self.say("ran", self.station.now)
        self.station.after(0, self.again)
        self.station.after(5, self.never).cancel()

    def done(self, answer: Any, error: Any) -> None:
        self.say("done", error.code)

    def never(self) -> None:
        self.say("never", 0)


def play_station(codec: Codec, say: Say) -> None:
    store: Any = Kept()
    store.save("configuration", {"interval": "61", "flag": "true", "fixed": "9", "other": "1"})
    station = Station("CP001", codec, store, no_say)
    play = Play(station, say)
    hooks: Implementations = {
        "ocpp_on_event": (play.on_event,),
        "ocpp_register_configuration": (play.keys,),
    }
    station.install({}, {"Ask": echo}, hooks, ("P",))
    station.start(10)
    for key in station.configuration.keys():  # noqa: SIM118 - no dict
        say(key.name, station.configuration.text(key))
    for name, text in (("INTERVAL", "7"), ("Interval", "x"), ("Flag", "False"), ("Fixed", "2")):
        say(name, station.configuration.change(name, text))
    say("stored", store.load("configuration"))
    station.call(("Tell", {}), play.done)
    station.connected(11)
    for now in (11, 11, 12):
        station.tick(now)
    station.receive('[2,"a","Ask",{"n":1}]', 13)
    station.call(("Tell", {}), play.done)
    station.set_utc(1_700_000_000)
    say("time", station.timestamp())
    say("deadline", station.deadline)
    station.flush(lambda text: say("out", text))
    station.disconnected(14, "cut")
    say("online", station.online)


def echo(request: Any) -> Any:
    return request


def play_hooks(codec: Codec, say: Say) -> None:
    cache, listed = TagInfo(10, "Accepted", None, None), TagInfo(20, "Blocked", "P", 5)
    hooks = Hooks(
        {
            "ocpp_look_up_tag": (lambda tag: cache, lambda tag: None, lambda tag: listed),
            "ocpp_veto_start": (lambda connector, tag: "", lambda connector, tag: "reserved"),
            "ocpp_charging_limit": (lambda connector, at: 16000, lambda connector, at: None),
            "ocpp_register_configuration": (lambda: [listing("L", "a")], lambda: None),
        },
    )
    found = hooks.look_up_tag("TAG")
    say("tag", None if found is None else found.status)
    say("veto", hooks.veto_start(1, "TAG"))
    say("limit", hooks.charging_limit(1, 0))
    say("keys", len(hooks.register_configuration()))
    hooks.implementations["ocpp_charging_limit"] = (echo,)
    hooks.implementations["ocpp_look_up_tag"] = (lambda tag: cache, play_hooks)
    say("limit", hooks.charging_limit(1, 0))
    say("tag", hooks.look_up_tag("TAG"))
    say("items", items(" a , b ,,c"))


def live(codec: Codec, rounds: int) -> list[Any]:
    """A long life with a hostile peer; returns those who lived it, for what they hold."""
    plays = Plays(codec, no_say)
    store: Any = Kept()
    station = Station("CP001", codec, store, no_say)
    for number in range(rounds):
        plays.feed(f'[3,"late {number}",{{}}]', number)
        plays.feed(f'[4,"late {number}","X","",{{}}]', number)
        plays.feed(f'[2,"{number}","Ask",{{"text":"{number}"}}]', number)
        plays.feed(f'[2,"{number}","Nonsense {number}",{{"a":{number}}}]', number)
        plays.feed(f'[2,"{number}","Later",{{}}]', number)
        plays.waiting.pop().resolve({})
        plays.session.call(("Tell", {}), plays.done)
        plays.session.tick(number)
        plays.session.flush(plays.write)
        plays.feed(f'[3,"{number + 1}",{{"status":"Accepted"}}]', number)
        station.after(1000, station.reconnect).cancel()
    return [plays, station]


def idle(station: Station, rounds: int) -> None:
    """Turns of a main loop in which nothing happens."""
    for _ in range(rounds):
        station.tick(3)
        station.flush(no_write)
        if station.deadline == 3:
            station.reconnect()


def no_write(text: str) -> None:
    pass


def waiting_station(codec: Codec) -> Station:
    """A station that waits for an answer and for a timer, both of them far off."""
    store: Any = Kept()
    station = Station("CP001", codec, store, no_say)
    station.install({}, {}, {}, ())
    station.connected(0)
    station.call(("Tell", {}), ignore)
    station.after(1000, station.reconnect)
    station.flush(no_write)
    return station


def ignore(answer: Any, error: Any) -> None:
    pass


def play(codec: Codec, say: Say) -> None:
    """The whole script."""
    for part in (
        play_frames,
        play_cut_frames,
        play_damaged_frames,
        play_calls,
        play_station,
        play_hooks,
    ):
        part(codec, say)
