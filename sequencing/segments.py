"""How many texts the network makes of one (3GPP TS 23.038)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sequencing.wording import counted

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("\f^{}\\[~]|€")
"""Each takes two places."""


class Alphabet(StrEnum):
    """How a text is encoded on its way; one character outside GSM-7 makes all of it UCS-2."""

    gsm7 = "GSM-7"
    ucs2 = "UCS-2"


LONGEST = {Alphabet.gsm7: (160, 153), Alphabet.ucs2: (70, 67)}
"""Places in a text that stands alone, and in each one of several."""


@dataclass(frozen=True, slots=True)
class Segments:
    """What a text costs: its alphabet, the places it takes, and how many segments are sent."""

    alphabet: Alphabet
    length: int
    count: int


def segments(text: str) -> Segments:
    """The segments of an outgoing text; an empty one has none. No character is cut in two."""
    alphabet = Alphabet.gsm7 if all(one in GSM or one in GSM_EXTENSION for one in text) else Alphabet.ucs2
    widths = [_width(one, alphabet) for one in text]
    alone, one_of_several = LONGEST[alphabet]
    length = sum(widths)
    count = min(length, 1) if length <= alone else _filled(widths, one_of_several)
    return Segments(alphabet, length, count)


def in_words(text: str) -> str:
    """What a text costs, for the reader: `1 segment (GSM-7, 42 of 160)`."""
    said = segments(text)
    alone, one_of_several = LONGEST[said.alphabet]
    room = alone if said.count <= 1 else said.count * one_of_several
    return f"{counted(said.count, 'segment')} ({said.alphabet}, {said.length} of {room})"


def _width(character: str, alphabet: Alphabet) -> int:
    if alphabet is Alphabet.gsm7:
        return 2 if character in GSM_EXTENSION else 1
    return 2 if ord(character) > 0xFFFF else 1


def _filled(widths: Sequence[int], longest: int) -> int:
    count, room = 1, longest
    for width in widths:
        if width > room:
            count, room = count + 1, longest
        room -= width
    return count
