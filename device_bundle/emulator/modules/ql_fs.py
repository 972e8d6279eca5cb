# ql_fs: helpers for files.
import json
import os


def path_exists(path):
    try:
        os.stat(path)
    except OSError:
        return False
    return True


def path_getsize(path):
    return os.stat(path)[6]


def mkdirs(path):
    at = 0
    while at >= 0:
        at = path.find("/", at + 1)
        part = path if at < 0 else path[:at]
        if not path_exists(part):
            os.mkdir(part)


def read_json(path):
    try:
        with open(path) as file:
            return json.loads(file.read())
    except (OSError, ValueError):
        return None


def touch(path, value):
    with open(path, "w") as file:
        file.write(json.dumps(value))
    return 0


def file_copy(to, source):
    with open(source, "rb") as reader, open(to, "wb") as writer:
        data = reader.read(1024)
        while data:
            writer.write(data)
            data = reader.read(1024)
    return True
