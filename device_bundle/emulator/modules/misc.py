# misc: power.
import emulated


class Power:
    @staticmethod
    def powerRestart():
        emulated.leave(emulated.RESTART)

    @staticmethod
    def powerDown():
        emulated.leave(0)

    @staticmethod
    def powerOnReason():
        return emulated.options["reason"]

    @staticmethod
    def powerDownReason():
        return 0

    @staticmethod
    def getVbatt():
        return 3900
