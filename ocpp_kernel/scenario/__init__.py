"""Scripted scenarios: what a driver, a central system and the network do to a charge point.

A script is plain text, one step a line; ``#`` begins a comment line, and a line that is indented
goes on with the one before::

    power on
    < BootNotification {"chargePointVendor": "Example"}     the charge point sends this ...
    < StatusNotification {"connectorId": 1, "status": "Available"}      ... and later this
    plug 1                                                  typed at its console
    tag 1 ABCD
    < StartTransaction {"connectorId": 1, "idTag": "ABCD"}
    wait 20 min
    > RemoteStopTransaction {"transactionId": "$transactionId"}         the central system calls
    = {"status": "Accepted"}                                and is answered
    < StopTransaction {"reason": "Remote"}

===========================  =====================================================================
``power on``, ``power off``  The charge point is switched on; its power is cut.
``network off`` (``on``)     The connection is cut and cannot be made until the network is back.
``wait 90`` (``2 min``)      Seconds (``s``), minutes (``min``) or hours (``h``) pass.
``< ACTION {...}``           Waits until the charge point sends this CALL. Fields that are not given
                             may be anything; other messages in between are passed over.
``not < ACTION {...}``       Directly before ``<``: no such CALL comes before that one. Elsewhere:
                             none came since the last one that was waited for.
``> ACTION {...}``           The central system sends a CALL.
``raw TEXT``                 The central system sends this text, whatever it is.
``= {...}``                  Waits for the answer to the last CALL, or raw text, which has these
                             fields; ``= CODE``: it is refused with this error code;
                             ``= nothing``: it has not been answered.
``answer ACTION {...}``      From now on the central system's answers have these fields;
                             ``answer ACTION CODE``: it refuses; ``answer ACTION nothing``: it does
                             not answer; ``answer ACTION as usual``: it does as it did before.
``allow TEXT``               From now on an error the charge point logs is no failure of the
                             scenario if it has this text in it.
``file NAME TEXT``           From now on the server of files offers one of that name with that text.
``image NAME VERSION``       From now on it offers a release of the charge point's own software, as
                             far as there is one: simulated hardware installs anything.
``received NAME TEXT``       Waits until another file was sent to that server whose name fits (``*``
                             for anything) and that has the text in it.
anything else                Is typed at the charge point's console.
===========================  =====================================================================

A text such as ``"$transactionId"`` in a payload stands for the value that field last had in an
answer of the central system. ``"$files/NAME"`` is the address of a file on the server of files,
``"$files/"`` that of its folder.

:mod:`.script` reads scripts, :class:`.player.Player` plays them.
"""

from __future__ import annotations

from ocpp_kernel.scenario.player import Player, ScenarioFailed
from ocpp_kernel.scenario.script import Script, ScriptError, Step, read_script

__all__ = ["Player", "ScenarioFailed", "Script", "ScriptError", "Step", "read_script"]
