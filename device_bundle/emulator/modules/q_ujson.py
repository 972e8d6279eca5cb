# ujson: \u escapes above 0x7F come out as their low byte, text that is cut off is accepted,
# and dumps() takes no separators.
import json


def loads(text):
    if isinstance(text, (bytes, bytearray)):
        text = bytes(text).decode()
    if "\\u" in text:
        text = _corrupt(text)
    try:
        return json.loads(text)
    except ValueError:
        start = text.lstrip()[:1]
        if start == "[":
            return json.loads(text + "]")
        if start == "{":
            return json.loads(text + "}")
        raise


def load(stream):
    return loads(stream.read())


def dumps(value):
    return json.dumps(value)


def dump(value, stream):
    stream.write(dumps(value))


def _corrupt(text):
    parts = []
    done = 0
    at = text.find("\\")
    while at >= 0:
        if text[at + 1 : at + 2] == "u":
            code = int(text[at + 2 : at + 6], 16)
            if code >= 0x80:
                low = code & 0xFF
                parts.append(text[done:at])
                # A byte above 0x7F alone is not UTF-8, which this port's strings must be.
                parts.append("\\u%04x" % low if low < 0x80 else "\ufffd")
                done = at + 6
        at = text.find("\\", at + 2)
    parts.append(text[done:])
    return "".join(parts)
