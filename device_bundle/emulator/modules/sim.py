# sim: a card that is present and ready.


def getStatus():
    return 1


def getIccid():
    return "89000000000000000017"


def getImsi():
    return "001010000000017"


def setSimDet(enable, level):
    return 0


def setCallback(function):
    return 0
