"""What a server's refusal says of the address: by its enhanced status code (RFC 3463), or else by its words."""

import re

from sequencing.mail_kinds import Kind

CODE = re.compile(r"(?<![\d.])([245])[.](\d{1,3})[.](\d{1,3})(?![\d.])")
SENDERS_FAULT = frozenset({"1.7", "1.8", "1.9", "2.3", "3.4"})
"""Bad sender's address, message too long: permanent, and nothing to do with the recipient."""
NOBODY = frozenset({"1.1", "1.2", "1.3", "1.4", "1.6", "1.10", "2.1", "4.4", "4.310"})
"""No such mailbox, domain or system; moved; disabled; 4.4 and 4.310: the domain is not in the DNS."""
VAGUE = frozenset({"0.0", "1.0", "1.5", "2.0", "3.0", "4.0", "4.1", "5.0", "5.1", "5.2", "5.4"})
"""Codes that servers use for anything; then the words decide."""

FULL = re.compile(
    r"mailbox (?:is |size )?(?:full|exceed|limit)|over ?quota|quota[ _-]?exceeded|exceed\w* (?:\w+ ){0,4}quota"
    r"|out of (?:storage|space)|insufficient (?:system )?storage|inbox is full|mailfolder is full|storage (?:full"
    r"|limit)"
)
POLICY = re.compile(
    r"spam|black ?list|block ?list|blocked|\bdns ?bl\b|rbl\b|reputation|polic(?:y|ies)|dmarc|\bspf\b|dkim"
    r"|content reject"
    r"|unsolicited|virus|banned|not authori[sz]ed to send|relay(?:ing)? (?:access )?denied|relay not permitted"
    r"|authentication required|sender (?:denied|rejected|address rejected)|denied by|too large|size limit"
)
OURS = re.compile(
    r"sender(?:'s)?(?: \S+){0,2}? (?:rejected|denied|refused|invalid|unknown|unverified|not found"
    r"|(?:does not|doesn't|may not) exist)"
    r"|(?:invalid|unknown|bad|unverified|unrouteable|unroutable|domain of) sender|sender (?:verif|domain)"
    r"|verification failed for"
    r"|(?:helo(?: command)?|client host) rejected|reverse dns|\brdns\b|\bptr record"
)
"""It is the sender's address, or the server it comes from, that is not known there."""
BOILERPLATE = re.compile(r"mailbox unavailable")
"""What RFC 5321 writes beside 550, whatever the reason is; where another is given, that one counts."""
UNKNOWN = re.compile(
    r"(?:user|recipient|mailbox|account|address|addressee|no such person)(?: \S+){0,6}? (?:unknown"
    r"|not (?:be )?found|does(?: not|n't) exist"
    r"|not exist|invalid|inactive|disabled|not listed|no longer|unavailable)"
    r"|(?:unknown|no such|invalid|bad|inactive|nonexistent|non-existent) (?:local )?(?:user|recipient|mailbox"
    r"|address|account|person|domain)"
    r"|recipient(?: address)? rejected|doesn't have an? \S+ account|no mailbox (?:here )?by that name|not listed in"
    r"|unrouteable address|unroutable|host (?:or domain name )?not found|name service error|domain (?:does not"
    r"|doesn't) exist"
    r"|nxdomain|mailbox unavailable|no longer (?:valid|with|active|in use|employed)"
    r"|all relevant mx records point to non-existent"
)


def judged(status: str, said: str) -> Kind:
    """What a failed delivery is by its status (`5.1.1`, or `""`) and by what the server said."""
    code = CODE.search(status)
    if not code or _vague(code):
        code = _telling(said) or code
    return _by_code(code, said.lower()) if code else _by_words(said.lower())


def _vague(code: re.Match[str]) -> bool:
    return code[1] == "5" and f"{int(code[2])}.{int(code[3])}" in VAGUE


def _telling(said: str) -> re.Match[str] | None:
    return next((found for found in CODE.finditer(said) if found[1] in "45" and not _vague(found)), None)


def _by_code(code: re.Match[str], said: str) -> Kind:
    detail = f"{int(code[2])}.{int(code[3])}"
    if code[1] != "5":
        return Kind.soft_bounce
    if _vague(code):
        return _by_words(said)
    if code[2] == "7" or detail in SENDERS_FAULT or code[2] == "6":
        return Kind.blocked
    return Kind.hard_bounce if detail in NOBODY else Kind.soft_bounce


def _by_words(said: str) -> Kind:
    """Whose words say nothing certain is soft: an address is not given up on a guess."""
    if FULL.search(said):
        return Kind.soft_bounce
    if re.search(r"\b4\d\d[ -]", said) and not re.search(r"\b5\d\d[ -]", said):
        return Kind.soft_bounce
    if OURS.search(said):
        return Kind.blocked
    if UNKNOWN.search(BOILERPLATE.sub("", said) if POLICY.search(said) else said):
        return Kind.hard_bounce
    if POLICY.search(said):
        return Kind.blocked
    return Kind.soft_bounce
