"""What ``ocpp-kernel new-plugin`` writes, as ``string.Template`` texts; see :mod:`..new_plugin`."""
