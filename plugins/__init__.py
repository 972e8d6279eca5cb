"""The plugins that come with ocpp-kernel; their import name is ``ocpp_plugins``."""

if __name__ != "ocpp_plugins":
    # Under a second name every plugin would exist twice, and hooks and routes with it.
    raise ImportError(
        f"this package is installed as 'ocpp_plugins', but was imported as {__name__!r}: "
        "write 'import ocpp_plugins...' and install the project "
        "(pip install -e . --config-settings editable_mode=strict)"
    )
