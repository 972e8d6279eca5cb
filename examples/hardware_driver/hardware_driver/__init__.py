"""A driver for a wallbox around a QuecPython module: pins, Modbus meter, pilot, card reader."""
