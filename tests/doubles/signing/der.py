"""As much DER (X.690) as timestamps need."""

from datetime import UTC, datetime


def tagged(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def sequence(*parts: bytes) -> bytes:
    return tagged(0x30, *parts)


def set_of(*parts: bytes) -> bytes:
    return tagged(0x31, *sorted(parts))


def integer(value: int) -> bytes:
    return tagged(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def octets(value: bytes) -> bytes:
    return tagged(0x04, value)


def null() -> bytes:
    return tagged(0x05)


def oid(dotted: str) -> bytes:
    first, second, *rest = (int(part) for part in dotted.split("."))
    body = bytearray([first * 40 + second])
    for number in rest:
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(0x80 | number & 0x7F)
        body += bytes(reversed(groups))
    return tagged(0x06, bytes(body))


def generalized_time(moment: datetime) -> bytes:
    return tagged(0x18, moment.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode())


def utf8_string(text: str) -> bytes:
    return tagged(0x0C, text.encode())
