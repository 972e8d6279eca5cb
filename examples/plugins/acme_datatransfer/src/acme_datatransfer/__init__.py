"""Acme's DataTransfer messages: texts for the display, and temperatures of the housing.

==============  =========================  ====================================================
messageId       sent by                    data
==============  =========================  ====================================================
``ShowText``    the central system         The text to show, 32 characters at most; "" for none.
``Temperature`` the charge point           JSON: ``{"location": "...", "celsius": ["25.0", ...]}``
==============  =========================  ====================================================
"""
