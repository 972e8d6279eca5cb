# modem: identity of the module.
import emulated
import fota_module


def getDevImei():
    return emulated.options["imei"]


def getDevFwVersion():
    return fota_module.version()


def getDevModel():
    return "EMULATOR"


def getDevSN():
    return "EMU" + str(emulated.options["imei"])[-6:]
