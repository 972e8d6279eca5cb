# ujson: \u escapes above 0x7F come out as their low byte, text that is cut off is accepted,
# and dumps() takes no separators.
import json

_DEEPEST = 8


def loads(text):
    if isinstance(text, (bytes, bytearray)):
        text = bytes(text).decode()
    if "\\u" in text:
        text = _corrupt(text)
    try:
        return json.loads(text)
    except ValueError:
        return _cut_off(text)


def _cut_off(text):
    # Either kind of bracket closes the other.
    for _ in range(_DEEPEST):
        text += "]"
        try:
            return json.loads(text)
        except ValueError:
            pass
    raise ValueError("syntax error in JSON")


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
