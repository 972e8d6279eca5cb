# checkNet: waits for registration and data call.
import emulated
import net


def waitNetworkReady(seconds):
    waited = 0
    while waited < seconds and not net.up():
        emulated.sleep(0.2)
        waited += 0.2
    return (3, 1) if net.up() else (2, 2)


def wait_network_connected(seconds):
    return waitNetworkReady(seconds)
