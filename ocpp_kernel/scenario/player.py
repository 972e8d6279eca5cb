"""Plays a script on a charge point, whatever that is and wherever it runs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Protocol

from ocpp_kernel.scenario.central import ScriptedCentral
from ocpp_kernel.scenario.files import Files
from ocpp_kernel.scenario.network import Network
from ocpp_kernel.scenario.script import NOTHING, Script, Step
from ocpp_kernel.scenario.tape import Tape, fits

#: Seconds of the charge point's time that something waited for may take: a car charges for hours.
PATIENCE = 12 * 3600
#: CALLs listed where one was waited for in vain.
_SHOWN = 20


class ScenarioFailed(Exception):
    """A step did not come true; the text names file, line and what happened instead."""


class ChargePoint(Protocol):
    """What a player needs of a charge point."""

    identity: str
    #: What it logged as errors.
    errors: list[str]

    def now(self) -> float:
        """Seconds since the scenario began, as time goes there."""
        ...

    async def power(self, on: bool) -> None:
        """Switches it on, or cuts its power."""
        ...

    async def type(self, line: str) -> None:
        """Types a line at its console."""
        ...

    async def advance(self, until: float) -> None:
        """Lets a little time pass, but not more than to ``until``."""
        ...

    def is_late(self, until: float, began: float) -> bool:
        """Whether to give up what was waited for since ``began``, a ``time.monotonic``."""
        ...

    async def image(self, version: str) -> bytes:
        """A file that makes it another release, once it is installed."""
        ...

    async def close(self) -> None:
        """Ends it."""
        ...


class Player:
    """Plays scripts. Without ``central``, ``network``, ``files`` there are no steps for those."""

    def __init__(
        self,
        charge_point: ChargePoint,
        tape: Tape,
        central: ScriptedCentral | None = None,
        network: Network | None = None,
        tell: Callable[[Step], None] = lambda step: None,
        files: Files | None = None,
    ) -> None:
        self._charge_point = charge_point
        #: What was said so far.
        self.tape = tape
        self._central = central
        self._network = network
        self._tell = tell
        self._files = files
        if files is not None:
            tape.values["files"] = files.url
        #: CALLs of the charge point that were waited for or passed over.
        self._seen = 0
        #: What must not come before the CALL that is waited for next.
        self._barred: list[Step] = []
        self._powered = False
        self._allowed: list[str] = []
        self._called = ("", "")

    async def play(self, script: Script) -> None:
        """Plays every step; raises ScenarioFailed at the first that does not come true."""
        doings = {
            "power": self._power,
            "network": self._switch_network,
            "wait": self._wait,
            "type": self._type,
            "<": self._expect,
            "not": self._bar,
            ">": self._call,
            "raw": self._send,
            "=": self._expect_answer,
            "answer": self._answer,
            "allow": self._allow,
            "file": self._offer,
            "image": self._offer_image,
            "received": self._receive,
        }
        for step in script.steps:
            self._tell(step)
            try:
                if step.kind not in ("<", "not"):
                    self._require_absence(len(self.tape.calls))
                await doings[step.kind](step)
                self._require_no_errors()
                if step is script.steps[-1]:
                    self._require_absence(len(self.tape.calls))
            except _Failure as failure:
                where = failure.step or step
                raise ScenarioFailed(
                    f"{script.name}:{where.line}: {where.text}: {failure}"
                ) from None

    async def _power(self, step: Step) -> None:
        self._powered = bool(step.amount)
        await self._charge_point.power(self._powered)

    async def _switch_network(self, step: Step) -> None:
        if self._network is None:
            raise _Failure("the network can be cut only with the built-in central system")
        if step.amount:
            self._network.restore()
        else:
            self._network.cut()

    async def _wait(self, step: Step) -> None:
        until = self._charge_point.now() + step.amount
        while self._charge_point.now() < until:
            await self._charge_point.advance(until)
            self._require_no_errors()

    async def _type(self, step: Step) -> None:
        if not self._powered:
            raise _Failure("the charge point is off, so nobody reads this; power on comes first")
        await self._charge_point.type(step.text)

    async def _expect(self, step: Step) -> None:
        start = self._seen
        await self._until(lambda: self._find(step), lambda: self._passed_over(start))

    def _find(self, step: Step) -> bool:
        pattern = self.tape.filled(step.given)
        for number in range(self._seen, len(self.tape.calls)):
            said = self.tape.calls[number]
            if said.action == step.action and fits(said.payload, pattern):
                self._require_absence(number)
                self._seen = number + 1
                return True
        return False

    def _passed_over(self, start: int) -> str:
        counts: dict[str, int] = {}
        for said in self.tape.calls[start:]:
            line = f"\n  {said.action} {json.dumps(said.payload)}"
            counts[line] = counts.get(line, 0) + 1
        lines = [line + (f" ({n} times)" if n > 1 else "") for line, n in counts.items()]
        more = f"\n  and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
        return "it did not come, but:" + "".join(lines[:_SHOWN] or ["\n  nothing"]) + more

    async def _bar(self, step: Step) -> None:
        self._barred.append(step)

    def _require_absence(self, end: int) -> None:
        """Nothing that is barred may be among the CALLs before number ``end``."""
        barred, self._barred = self._barred, []
        for step in barred:
            for said in self.tape.calls[self._seen : end]:
                if said.action == step.action and fits(said.payload, self.tape.filled(step.given)):
                    raise _Failure(f"it came: {json.dumps(said.payload)}", step)

    async def _allow(self, step: Step) -> None:
        self._allowed.append(step.given)

    async def _call(self, step: Step) -> None:
        central = self._play_central()
        try:
            payload = self.tape.filled(step.given)
            call_id = central.call(self._charge_point.identity, step.action, payload)
        except ValueError as error:
            raise _Failure(str(error)) from None
        self._called = (call_id, step.action)

    async def _send(self, step: Step) -> None:
        try:
            self._play_central().send(self._charge_point.identity, step.given)
        except ValueError as error:
            raise _Failure(str(error)) from None
        try:
            self._called = (json.loads(step.given)[1], "")
        except (ValueError, LookupError, TypeError):
            self._called = ("", "")

    async def _expect_answer(self, step: Step) -> None:
        call_id, action = self._called
        answers = self.tape.answers
        if step.given == NOTHING:
            if call_id in answers:
                raise _Failure(f"it was answered: {json.dumps(answers[call_id])}")
            return
        await self._until(lambda: call_id in answers, lambda: "there was no answer")
        answer = answers[call_id]
        if not fits(answer, step.given):
            raise _Failure(f"the answer was {json.dumps(answer)}")
        if action and isinstance(answer, dict):
            fault = self._play_central().fault_of(action, answer)
            if fault:
                raise _Failure(f"the answer {json.dumps(answer)} is wrong: {fault}")

    async def _answer(self, step: Step) -> None:
        try:
            self._play_central().answer(step.action, step.given)
        except ValueError as error:
            raise _Failure(str(error)) from None

    async def _offer(self, step: Step) -> None:
        self._server().offer(step.action, step.given.encode())

    async def _offer_image(self, step: Step) -> None:
        server = self._server()
        server.offer(step.action, await self._charge_point.image(step.given))

    async def _receive(self, step: Step) -> None:
        files = self._server()
        await self._until(
            lambda: files.take(step.action, step.given),
            lambda: f"it did not come, but: {', '.join(files.received()) or 'nothing'}",
        )

    def _server(self) -> Files:
        if self._files is None:
            raise _Failure("there is a server of files only beside the built-in central system")
        return self._files

    async def _until(self, is_true: Callable[[], bool], why: Callable[[], str]) -> None:
        charge_point = self._charge_point
        began = time.monotonic()
        until = charge_point.now() + PATIENCE
        while not is_true():
            self._require_no_errors()
            if charge_point.is_late(until, began):
                raise _Failure(why())
            await charge_point.advance(until)

    def _play_central(self) -> ScriptedCentral:
        if self._central is None:
            raise _Failure("what the central system does is its own matter; leave --url out")
        return self._central

    def _require_no_errors(self) -> None:
        for error in self._charge_point.errors:
            if not any(text in error for text in self._allowed):
                raise _Failure(f"the charge point says: {error}")


class _Failure(Exception):
    """Why a step did not come true; ``step`` where it is another than the one that is played."""

    def __init__(self, why: str, step: Step | None = None) -> None:
        super().__init__(why)
        self.step = step
