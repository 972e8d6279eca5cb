# uhashlib: what the firmware has of it.
import hashlib

sha1 = hashlib.sha1
sha256 = hashlib.sha256
md5 = hashlib.md5
