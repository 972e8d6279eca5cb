# modem: identity of the module.
import emulated


def getDevImei():
    return emulated.options["imei"]


def getDevFwVersion():
    return "EMULATOR"


def getDevModel():
    return "EMULATOR"


def getDevSN():
    return "EMU" + str(emulated.options["imei"])[-6:]
