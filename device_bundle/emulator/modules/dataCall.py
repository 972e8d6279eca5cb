# dataCall: one data call, up while the network is.
import net


def setCallback(function):
    return 0


def setAutoConnect(profile, enable):
    return 0


def start(*arguments):
    return 0 if net.up() else -1


def getInfo(profile, kind):
    address = "10.0.0.2" if net.up() else "0.0.0.0"
    return (profile, kind, [1 if net.up() else 0, 0, address, "10.0.0.1", "10.0.0.1"])
