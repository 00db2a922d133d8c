"""The words by which a contact, a company, an opportunity is found: what it has, and what a typed text asks for.

A contact has an entry for everything that somebody may begin to type; whoever types the beginning of one finds him. So
an index in the order of the entries finds him among a million.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from unicodedata import category, combining, normalize

from sequencing.people import Contact

LONGEST = 120
"""Characters of an entry; what is typed beyond them is not compared."""
MOST_WORDS = 8
"""Of a name; each begins an entry of its own."""
NUMBER = re.compile(r"\+?[\d\s()./-]+")
FEWEST_DIGITS = 5
"""So many make a number of what is typed without a plus sign; fewer may be a word of a name, as in "24 7"."""
COUNTRY = re.compile(r"\+(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3})")
"""The codes of countries, of one digit, two or three (ITU-T E.164)."""
END = "\U0010ffff"
LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"}
    | dict.fromkeys("'’`\u200b\xad\0", "")
    | dict.fromkeys(",;-‐‑–", " ")
)
"""Letters that Unicode does not take apart, marks that are left out, and what stands between words."""
APOSTROPHES = str.maketrans(dict.fromkeys("'’`", " "))
WORDS = re.compile(r"\w+")


def folded(text: str) -> str:
    """The text as it is compared: small letters without accents, one space between words."""
    small = normalize("NFKD", text).casefold()  # what it is taken apart to can be a capital letter
    apart = normalize("NFKD", small).translate(LETTERS)
    return " ".join("".join(letter for letter in apart if not combining(letter) and category(letter) != "Cs").split())


def entries(contact: Contact) -> set[str]:
    """Everything by whose beginning the contact is found."""
    return of_parts(
        contact.name,
        contact.company.name if contact.company else "",
        [address for _, address in contact.emails],
        [number for _, number in contact.numbers],
    )


def of_parts(name: str, company: str, addresses: Iterable[str], numbers: Iterable[str]) -> set[str]:
    """The same, of what he is called, his company's name, his addresses and numbers.

    What is the beginning of another entry is none itself: who has two that begin alike is read twice.
    """
    found = {*_turned(folded(name).split()), *_tails(folded(company).split())}
    for number in numbers:
        found |= {_digits(number), _digits(COUNTRY.sub("", number))}
    for address in addresses:
        found |= {folded(address), *_domains(folded(address).rpartition("@")[2])}
    return {entry[:LONGEST].rstrip() for entry in found if entry}


def of_name(name: str) -> set[str]:
    """Everything by whose beginning a company or an opportunity of that name is found: each word with those behind it.

    With its marks and without them, so that "(UK)" is found by "uk" and "C++" by itself. An apostrophe stands within a
    word and between two: "d'école" is found by "décole" and by "école".
    """
    apart = folded(name.translate(APOSTROPHES))
    found = {*_tails(folded(name).split()), *_tails(WORDS.findall(folded(name))), *_tails(WORDS.findall(apart))}
    return {entry[:LONGEST].rstrip() for entry in found}


def _turned(words: list[str]) -> Iterator[str]:
    """Ann Marie Smith is found as "ann marie smith", "marie smith ann" and "smith ann marie"."""
    return (" ".join([*words[at:], *words[:at]]) for at in range(min(len(words), MOST_WORDS)))


def _tails(words: list[str]) -> Iterator[str]:
    """Bank of England is found as "bank of england", "of england" and "england"."""
    return (" ".join(words[at:]) for at in range(min(len(words), MOST_WORDS)))


def _domains(domain: str) -> Iterator[str]:
    """mail.example.com is found as that and as example.com."""
    labels = domain.split(".")
    return (".".join(labels[at:]) for at, _ in enumerate(pairwise(labels)))


def asked(text: str) -> str:
    """What is typed, as the beginning of one entry; empty where nothing is asked for."""
    typed = normalize("NFKC", text).strip()
    digits = _digits(typed)
    if NUMBER.fullmatch(typed) and (typed.startswith("+") or len(digits) >= FEWEST_DIGITS):
        return digits[:LONGEST]
    return folded(text)[:LONGEST]


def each_asked(text: str) -> list[str]:
    """What is typed, as the beginnings of several entries of one contact; the longest, which fewest have, first."""
    words = [word.lstrip("+")[:LONGEST] for word in folded(text).split()]
    return sorted([word for word in dict.fromkeys(words) if word][:MOST_WORDS], key=len, reverse=True)


def end(beginning: str) -> str:
    """Behind everything that begins so, in the order of code points."""
    return beginning + END


def _digits(number: str) -> str:
    """Its digits; the zeros that stand before a number at home, or for the plus sign, are left out."""
    return "".join(letter for letter in normalize("NFKC", number) if letter.isascii() and letter.isdigit()).lstrip("0")
