# net: registration and radio.
import emulated

_function = 1


def getState():
    state = 1 if up() else 2
    return ([state, 1, 1, 7, 0, 0], [state, 1, 1, 7, 0, 0])


def csqQueryPoll():
    return 25 if up() else 99


def setModemFun(function):
    global _function
    _function = function
    return 0


def getModemFun():
    return _function


def up():
    return _function == 1 and not emulated.flag("no-network")
