"""Forms whose refusal is shown at the field it concerns, with all that was typed."""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field

from sequencing.errors import Refused, TooSoon, Unchanged
from web.pages.frame import Form
from web.problems import status_of

ELSEWHERE = ("not_permitted", "not_found", "not_signed_in")


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a form: its errors by field (`""`: of the whole), and what was typed, which `of` names."""

    of: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    status: int = 200

    def value(self, of: str, name: str, otherwise: object = "") -> str:
        """What stands in a field of that form."""
        return self.typed.get(name, "") if self.of == of else "" if otherwise is None else str(otherwise)

    def error(self, of: str, name: str) -> str:
        """What is wrong with it."""
        return self.errors.get(name, "") if self.of == of else ""


NOT_YET = Tried()


async def trying(of: str, form: Form, act: Awaitable[object], fields: Mapping[str, str]) -> Tried | None:
    """Does the act; a refusal whose code is among `fields` belongs to that one. None: it is done.

    What is none of the form's business goes on, as that it was so already.
    """
    try:
        await act
    except (Unchanged, TooSoon):
        raise
    except Refused as refused:
        if refused.code in ELSEWHERE:
            raise
        at = fields.get(refused.code, "")
        return Tried(of, without_secrets(form), {at: refused.sentence}, status_of(refused.code))
    return None


def without_secrets(form: Form) -> dict[str, str]:
    """What was typed; passwords are typed again."""
    return {name: form.text(name) for name in form.fields if "password" not in name and name != "form"}
