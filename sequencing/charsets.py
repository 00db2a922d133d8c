"""Bytes that came in, as text: nothing raises, and nothing asks the file system for a codec."""

import re
from binascii import a2b_base64, a2b_qp
from encodings import normalize_encoding
from encodings.aliases import aliases

FIT_FOR_MAIL = frozenset(aliases.values()) - {"punycode", "idna", "rot_13"}
"""`codecs.lookup` would import a module for every name somebody makes up, and remember it for ever."""
PLAIN = frozenset({"ascii", "latin_1"})
"""What senders declare when they do not know: the web reads it as Windows-1252, and so does everybody."""
WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949"}
"""What senders write who declare the narrower one."""
UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff]")


def decoded(data: bytes, charset: str) -> str:
    """The text in the charset that was declared, or else in UTF-8, or else in Windows-1252; without control
    characters and halves of surrogate pairs."""
    name = normalize_encoding(charset.strip().lower()[:40]) if charset.isascii() else ""
    known = aliases.get(name, name)
    codec = WIDER.get(known, known)
    tries = ("utf_8",) if codec in PLAIN or codec not in FIT_FOR_MAIL else (codec, "utf_8")
    for each in tries:
        try:
            return cleaned(data.decode(each))
        except (UnicodeError, LookupError):
            continue
    return cleaned(data.decode("cp1252", errors="replace"))


def cleaned(text: str) -> str:
    """Without what no database keeps and no reader sees; each kind of line end is one line end."""
    return UNWANTED.sub("", re.sub(r"\r\n?", "\n", text))


def untransferred(data: bytes, encoding: str) -> bytes:
    """The bytes without their transfer encoding; an unknown one, uuencode included, is left as it is."""
    match encoding.strip().lower():
        case "base64" | "b":
            sound = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
            return a2b_base64(sound[: len(sound) - (len(sound) % 4 == 1)] + b"=" * (-len(sound) % 4))
        case "quoted-printable":
            return a2b_qp(data)
        case "q":
            return a2b_qp(data, header=True)
        case _:
            return data


def without_last_cut_character(data: bytes) -> bytes:
    """UTF-8 that was cut anywhere, up to its last whole character; anything else stays but for three bytes at most."""
    tail = re.search(rb"[\xc0-\xff][\x80-\xbf]{0,2}\Z", data)
    return data[: tail.start()] if tail else data
