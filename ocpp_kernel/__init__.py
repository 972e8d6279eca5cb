"""The minimal kernel of an OCPP-J stack: frames, call ids and dispatch.

The kernel names no action and no feature profile; both come from plugins
(entry-point group ``ocpp_kernel``). Modules marked *portable* in their docstring run, after
bundling, on MicroPython 1.12-class devices as well as on CPython.
"""
