"""What a person wrote, without the history that mail programs put below it."""

import re

LONGEST_LINE = 1_000
VERB = (
    r"(?:wrote|schrieb|a écrit|escribió|ha scritto|schreef|geschreven|escreveu|napisał\S*|pisze|skrev|kirjoitti"
    r"|napsal\S*"
    r"|написал\S*|のメール|写道)[^\n]{0,120}?[:：]\s*"
)
WROTE = re.compile(rf"(?:(?:On|Am|Le|El|Il|Op|Em|W dniu|Dnia|Den|Dne)\s|\d{{4}}年).{{3,300}}?{VERB}", re.IGNORECASE)
"""May go over three lines."""
SOMEBODY_WROTE = re.compile(rf".{{0,100}}@.{{3,200}}?{VERB}", re.IGNORECASE)
NOTES_WROTE = re.compile(r"-{3,}.{3,200} wrote: ?-{3,}", re.IGNORECASE)
DIVIDER = re.compile(
    r"[-_*\s]*(?:-{3,}|_{5,})\s*(?:original(?:e|es|ny|mail)?\b.*|ursprüngliche\b.*|message d.origine.*"
    r"|mensaje original.*"
    r"|messaggio originale.*|oorspronkelijk bericht.*|mensagem original.*|oryginalna wiadomość.*|forwarded\b.*"
    r"|weitergeleitet\w*\b.*|message transféré.*|opprinnelig melding.*|oprindelig meddelelse.*"
    r"|ursprungligt meddelande.*|mensaje reenviado.*|doorgestuurd bericht.*)?-*\s*",
    re.IGNORECASE,
)
FORWARD = re.compile(
    r"(?:begin forwarded message|anfang der weitergeleiteten nachricht|début du message réexpédié)\s?:"
)
FROM = re.compile(r"\W{0,3}(?:from|von|de|da|van|od|från|fra|lähettäjä)\W{0,3}:.{1,200}", re.IGNORECASE)
NEXT = re.compile(
    r"\W{0,3}(?:sent|date|to|cc|subject|gesendet|datum|an|betreff|envoyé|à|objet|enviado|fecha|para|asunto"
    r"|inviato|data"
    r"|a|oggetto|verzonden|aan|onderwerp|enviada(?: em)?|assunto|wysłano|do|temat|skickat|till|ämne|sendt|til|emne)"
    r"\W{0,3}:.*",
    re.IGNORECASE,
)


def without_history(text: str) -> str:
    """The lines above the history, and those between its quoted lines; `""` if nothing else is there."""
    lines = text.split("\n")
    kept: list[str] = []
    at = 0
    while at < len(lines) and not _everything_below_is_history(lines, at):
        length = _attribution(lines, at)
        if not length and not lines[at].lstrip().startswith(">"):
            kept.append(lines[at].rstrip())
        at += length or 1
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _everything_below_is_history(lines: list[str], at: int) -> bool:
    line = lines[at].strip()[:LONGEST_LINE]
    if FROM.fullmatch(line):
        following = [each.strip()[:LONGEST_LINE] for each in lines[at + 1 : at + 4] if each.strip()]
        return sum(bool(NEXT.fullmatch(each)) for each in following) >= 2
    if FORWARD.fullmatch(line.lower()):
        return True
    return bool(NOTES_WROTE.fullmatch(line)) or (bool(DIVIDER.fullmatch(line)) and _is_divider(lines, at))


def _is_divider(lines: list[str], at: int) -> bool:
    """Words say it, or else the headers below do: a row of signs alone is decoration."""
    if re.search(r"\w", lines[at].replace("_", "")):
        return True
    following = [each.strip()[:LONGEST_LINE] for each in lines[at + 1 : at + 4] if each.strip()]
    return any(FROM.fullmatch(each) for each in following)


def _attribution(lines: list[str], at: int) -> int:
    """How many lines say "On … wrote:" here: one to three, or none."""
    for count in (1, 2, 3):
        joined = " ".join(line.strip()[:LONGEST_LINE] for line in lines[at : at + count])
        says = WROTE.fullmatch(joined) or (count == 1 and SOMEBODY_WROTE.fullmatch(joined))
        if says and _is_followed_by_a_quote(lines, at + count):
            return count
    return 0


def _is_followed_by_a_quote(lines: list[str], at: int) -> bool:
    below = [line.lstrip() for line in lines[at : at + 4] if line.strip()]
    return not below or below[0].startswith(">") or bool(re.search(r"\d", " ".join(lines[at - 1 : at])))
