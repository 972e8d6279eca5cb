# ubinascii: without crc32.
import binascii

hexlify = binascii.hexlify
unhexlify = binascii.unhexlify
a2b_base64 = binascii.a2b_base64


def b2a_base64(data):
    return binascii.b2a_base64(data)
