"""Who and what is in the house of the pictures: invented people, their titles and companies, wording, and plans."""

from dataclasses import dataclass
from typing import Any

from sequencing.people import AddressType

ENGINEERS, NURSES = "Senior engineers, Berlin", "Nurses, winter intake"
CLIENTS, SECOND_LOOK = "Clients: quarterly check-in", "Worth a second look"
INTERVIEWS = "Before the interview"
FIRST = [
    "Amara",
    "Bruno",
    "Chiara",
    "Daniel",
    "Elena",
    "Farid",
    "Greta",
    "Hugo",
    "Ines",
    "Jakub",
    "Keiko",
    "Lars",
    "Marta",
    "Nils",
    "Olivia",
    "Pavel",
    "Rosa",
    "Samir",
    "Tamsin",
    "Ulf",
    "Vera",
    "Wiktor",
    "Yara",
    "Zoltan",
]
LAST = [
    "Lindqvist",
    "Okafor",
    "Moreau",
    "Novak",
    "Haddad",
    "Brandt",
    "Keller",
    "Santos",
    "Ferreira",
    "Wagner",
    "Kimura",
    "Olsen",
    "Petrov",
    "Schulz",
    "Duarte",
    "Marino",
    "Nowak",
    "Ziegler",
    "Costa",
    "Varga",
    "Holm",
    "Reyes",
    "Fischer",
    "Andersen",
]
PLACES = (
    ("Senior Engineer", "Halvorsen Robotics", "Europe/Oslo"),
    ("Platform Engineer", "Kestrel Software", "Europe/Berlin"),
    ("Staff Nurse", "Brightwater Clinic", "Europe/London"),
    ("Head of People", "Tidewater Logistics", "America/New_York"),
    ("Data Engineer", "Lumen Energy", "Europe/Lisbon"),
    ("Ward Manager", "St. Alban Hospital", "Europe/London"),
    ("Engineering Manager", "Mill & Marsh", "Europe/Paris"),
    ("Backend Developer", "Fernweh Maps", "Europe/Berlin"),
)


@dataclass(frozen=True)
class Person:
    """A contact, the sequence he is put into, and which plan is his."""

    name: str
    sequence: str
    plan: int


PLANS: tuple[tuple[str, ...], ...] = (
    ("opens", "replies Thank you, that sounds interesting. Could you call me on Thursday after four?"),
    ("opens", "result interested: Wants to come in next week."),
    ("clicks", "result no_answer", "rests", "rests", "rests", "opens"),
    ("rests", "result left_voicemail"),
    ("clicks", "result not_interested: Just signed elsewhere."),
    ("opens", "result skipped"),
    ("bounces",),
    ("opens", "leaves"),
    ("clicks", "result interested"),
    ("opens", "does cancel"),
    ("rests",),
    ("opens", "rests", "result left_voicemail", "rests", "rests", "rests", "clicks", "rests", "result positive"),
    ("opens", "rests", "does pause"),
    ("clicks", "result no_answer", "rests", "rests", "rests", "rests", "rests", "result none"),
)
OF_CLIENTS: tuple[tuple[str, ...], ...] = (
    ("sends", "opens", "result interested: Two openings in spring."),
    ("sends", "opens", "replies We are fully staffed until March, but do ask again then."),
    ("sends", "rests", "result no_answer"),
)
PLANS += OF_CLIENTS
RESTS = PLANS.index(("rests",))
NEWCOMERS = (3, 2, 3, 2, 2)
"""How many are added on each day of a week."""
RITA, JONAS, MEI, ADA = "rita@example.org", "jonas.weber@example.org", "mei.tanaka@example.org", "ada@example.org"
LAST_WEEK = 50
"""Those behind it have plans that leave something to do."""


def _person(number: int) -> Person:
    name = f"{FIRST[number % 24]} {LAST[(number * 7 + number // 24) % 24]}"
    sequence = (ENGINEERS, NURSES, ENGINEERS, CLIENTS, ENGINEERS, SECOND_LOOK, NURSES)[number % 7]
    if LAST_WEEK <= number < LAST_WEEK + 4 and sequence != CLIENTS:
        return Person(name, sequence, PLANS.index(("rests", "result left_voicemail")))
    if number >= LAST_WEEK and number % 6:
        return Person(name, sequence, RESTS)
    if sequence == CLIENTS:
        return Person(name, sequence, len(PLANS) - len(OF_CLIENTS) + number // 7 % len(OF_CLIENTS))
    return Person(name, sequence, (number * 5 + number // 7) % (len(PLANS) - len(OF_CLIENTS)))


PEOPLE = tuple(_person(number) for number in range(66))
SHOWN = PEOPLE[1].name
"""Whose record is shown."""
REPLIES_TODAY = {PEOPLE[54].name: "Good timing, I am free this afternoon. What would the team work on first?"}


def colleague(person: Person) -> str:
    """Who put him into his sequence."""
    return (RITA, RITA, RITA, JONAS, RITA, MEI)[PEOPLE.index(person) % 6]


HEADER = "external_id,first_name,last_name,title,company,kind,time_zone,owner,work_email,mobile"


def known_as(name: str) -> str:
    """The external id."""
    return name.lower().replace(" ", "-")


def address(name: str) -> str:
    """Where the contact gets his mail."""
    return f"{name.lower().replace(' ', '.')}@example.com"


def line(number: int, person: Person) -> str:
    """Of an import."""
    title, company, zone = PLACES[number % len(PLACES)]
    kind = "client" if person.sequence == CLIENTS else "candidate"
    first, _, last = person.name.partition(" ")
    known = known_as(person.name)
    owner, mobile = colleague(person), f"+49151234{40000 + number}"
    return f"{known},{first},{last},{title},{company},{kind},{zone},{owner},{address(person.name)},{mobile}"


TROUBLED = {
    "Freya Lund": ENGINEERS,
    "Matteo Ricci": SECOND_LOOK,
    "Selma Aydin": ENGINEERS,
}
"""Without an address; without a title; behind a server of which nobody knows what it did."""


def troubled(name: str, owner: str, unsure: str) -> str:
    """The line of one of those."""
    first, _, last = name.partition(" ")
    title = "" if name == "Matteo Ricci" else "Senior Engineer"
    known = known_as(name)
    mail = {"Freya Lund": "", "Selma Aydin": f"selma.aydin@{unsure}"}.get(name, address(name))
    return f"{known},{first},{last},{title},Kestrel Software,candidate,Europe/Berlin,{owner},{mail},+4915123499001"


TEMPLATES = (
    (
        "First letter to engineers",
        "{{ contact.first_name }}, a senior role in Berlin",
        "<p>Hi {{ contact.first_name }},</p><p>your work at {{ company.name | fallback('your company') }} caught our "
        'eye. A team of eight in Berlin builds <a href="https://jobs.example.org/berlin">software for wind farms</a> '
        "and looks for somebody who has done it before.</p><p>May I call you this week?</p><p>{{ sender.name }}</p>",
    ),
    (
        "Ward news for nurses",
        "Shifts you choose yourself, {{ contact.first_name }}",
        "<p>Dear {{ contact.first_name }},</p><p>three hospitals near you now let nurses plan their own shifts. "
        '<a href="https://jobs.example.org/nurses">Here is how it works</a>.</p><p>{{ sender.name }}</p>',
    ),
    (
        "A second look",
        "We kept your application, {{ contact.first_name }}",
        "<p>Hello {{ contact.first_name }},</p><p>last spring somebody else was a step ahead. Now we look for a "
        "{{ contact.title }} again, and thought of you first.</p><p>{{ sender.name }}</p>",
    ),
    (
        "Before your interview",
        "Your interview, {{ contact.first_name }}",
        "<p>Hello {{ contact.first_name }},</p><p>the address, the people you will meet, and what they will ask.</p>"
        "<p>{{ sender.name }}</p>",
    ),
)
_CALL: dict[str, Any] = {
    "action": "call",
    "delay": "2 business days",
    "title": "Call {{ contact.name }}",
    "instructions": "Ask what {{ contact.first_name }} would like to build next, and about the notice period.",
}
SEQUENCES: tuple[tuple[str, str, list[dict[str, Any]]], ...] = (
    (
        ENGINEERS,
        "A letter, a call, a reminder in the same thread, a text; then decide.",
        [
            {"action": "automatic_email", "template": "First letter to engineers"},
            _CALL,
            {
                "action": "automatic_email",
                "delay": "3 days",
                "subject": "Berlin, once more",
                "body": "Hi {{ contact.first_name }},\n\nI tried to reach you by telephone. When would suit you?\n\n"
                "{{ sender.name }}\n",
                "reply_in_thread": True,
            },
            {
                "action": "text",
                "delay": "4 days",
                "body": "Hi {{ contact.first_name }}, is the role in Berlin worth a chat? {{ sender.first_name }}",
            },
            {"action": "task", "delay": "1 week", "title": "Decide about {{ contact.name }}"},
        ],
    ),
    (
        NURSES,
        "For everybody who asked for news of wards near them.",
        [
            {"action": "automatic_email", "template": "Ward news for nurses"},
            {**_CALL, "delay": "1 business day", "instructions": "Which wards, which hours, from when?"},
            {"action": "task", "delay": "3 days", "title": "Send {{ contact.first_name }} the list of wards"},
        ],
    ),
    (
        CLIENTS,
        "What do they need next quarter? Written by hand, then called.",
        [
            {
                "action": "manual_email",
                "subject": "Your plans for the next quarter",
                "body": "Dear {{ contact.first_name }},\n\nwhom will {{ company.name }} need in the next quarter?\n\n"
                "{{ sender.name }}\n",
                "track_opens": True,
            },
            {**_CALL, "delay": "3 business days", "instructions": "Open roles, budget, who decides."},
            {"action": "task", "delay": "1 week", "title": "Note what {{ company.name }} needs"},
        ],
    ),
    (
        SECOND_LOOK,
        "Good people for whom there was no place last time.",
        [
            {"action": "automatic_email", "template": "A second look"},
            {**_CALL, "delay": "5 business days", "instructions": "What has changed since spring?"},
            {"action": "automatic_email", "delay": "2 weeks", "template": "A second look"},
        ],
    ),
    (
        INTERVIEWS,
        "Linked to the stage Interview.",
        [
            {"action": "automatic_email", "template": "Before your interview"},
            {"action": "task", "delay": "1 day", "title": "Ask {{ contact.first_name }} how it went"},
        ],
    ),
)
TASKS = (
    (-1, (9, 30), "Read the applications of the weekend", "", True),
    (0, (10, 0), "Stand-up with Jonas", "", True),
    (0, (15, 30), "Prepare the offer", PEOPLE[1].name, False),
    (0, None, "Order name tags for Thursday", "", False),
    (1, (11, 0), "Lunch with Halvorsen Robotics", "", False),
    (2, (14, 0), "Interview day, room 3", "", False),
    (3, None, "Write the report for November", "", False),
)
"""(days from today, hour, title, about whom, done)."""
JOBS: tuple[tuple[str, str | None, dict[str, str]], ...] = (
    (
        "Senior engineer, wind farms",
        "Lumen Energy",
        {
            PEOPLE[2].name: "Hired",
            PEOPLE[7].name: "New",
            PEOPLE[11].name: "New",
            PEOPLE[14].name: "Screening",
            PEOPLE[16].name: "Screening",
            PEOPLE[18].name: "Screening",
            PEOPLE[21].name: "Offer",
            PEOPLE[25].name: "Interview",
            PEOPLE[28].name: "Interview",
            PEOPLE[30].name: "Rejected",
        },
    ),
    ("Ward nurse, nights", "St. Alban Hospital", {PEOPLE[1].name: "Screening", PEOPLE[6].name: "Interview"}),
    ("Head of platform", "Kestrel Software", {PEOPLE[4].name: "Offer", PEOPLE[9].name: "New"}),
    ("Data engineer, part time", "Fernweh Maps", {PEOPLE[32].name: "New"}),
)
SUPPRESSED = (
    ("office@brightwater.example", "asked not to be written to", RITA),
    ("@partner-agency.example", "agreement with a partner agency", ADA),
    ("+4915123400077", "wrong number", RITA),
)
LIFTED = ("tom.ellis@example.com", "+4915123400078")
MANY_ADDRESSES = (
    (AddressType.work, address(SHOWN)),
    (AddressType.personal, f"{SHOWN.split()[0].lower()}@home.example.com"),
)
LIST = """external_id,first_name,last_name,title,company,work_email
crm-2201,Ingrid,Solberg,Site Reliability Engineer,Halvorsen Robotics,ingrid.solberg@example.com
crm-2202,Tomasz,Wilk,Backend Developer,Fernweh Maps,tomasz.wilk@example.com
crm-2203,,Marchetti,Nurse,Brightwater Clinic,marchetti@example.com
crm-2204,Leila,Aziz,Data Engineer,Lumen Energy,leila.aziz@example.com
"""
