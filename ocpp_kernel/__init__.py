"""The minimal kernel of an OCPP-J stack: frames, call ids and dispatch.

The kernel names no action and no feature profile; both come from plugins
(entry-point group ``ocpp_kernel``). Modules marked *portable* in their docstring run, after
bundling, on MicroPython 1.12-class devices as well as on CPython.
"""

#: The version of what plugins may rely on (``docs/plugin-contract.md``): raised when it grows, or
#: when something is taken away. A role class may say which it was written for: ``contract = 1``.
CONTRACT = 1
#: The oldest version that plugins written for it still get.
OLDEST_CONTRACT = 1
