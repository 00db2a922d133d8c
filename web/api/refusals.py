"""Which refusals an operation of the API can be answered with, by their codes: the description promises no others.

What can be said of many operations is not repeated for each: see `codes_of`. A code goes with one status, of
`web/problems.py`.
"""

from collections.abc import Mapping
from typing import Any

READING = frozenset({"get", "head"})
ALWAYS = "not_signed_in not_permitted database_unreachable"
READ = "invalid_request invalid_text"
"""Of what somebody says, in a path, a query or a body."""
WRITES = "same_moment too_large invalid_key key_used_otherwise being_answered"

PAGE = "invalid_cursor"
NAMED_SEQUENCE = "unknown_sequence ambiguous_sequence"
SEQUENCE = "unknown_sequence not_found"
"""By its number."""
TEMPLATE = "unknown_template not_found"
CONTACT = "unknown_contact ambiguous_contact"
OPPORTUNITY = "not_found ambiguous_opportunity"
COMPANY = "unknown_company ambiguous_company"
WORDING = "template_broken template_too_large"
DOCUMENT = (
    f"invalid_json invalid_yaml invalid_sequence invalid_delay {WORDING} text_empty text_too_long "
    "unknown_user unknown_owner unknown_opportunity unknown_template template_archived"
)
MESSAGE = f"{CONTACT} {WORDING} unknown_step not_a_message no_sender_address"
SELECTION = f"{NAMED_SEQUENCE} unknown_user unknown_opportunity unknown_stage"
ADDING = f"{SEQUENCE} sequence_archived limit_reached"
ADMISSION = "do_not_contact unsubscribed already_in_sequence already_in_another_sequence"
"""What may stand against somebody who is to be in a sequence again."""
TODO = "not_found too_late already_ended"
ANSWER = f"{TODO} is_paused already_answered"
TARGET = "invalid_email invalid_domain invalid_target"
PERSON = f"{COMPANY} contact_exists unknown_type invalid_email invalid_number unknown_time_zone unknown_user"
PROFILE = "invalid_email invalid_number unknown_time_zone"
LINES = "invalid_csv limit_reached"
NUMBERS = "invalid_day invalid_period unknown_user busy takes_too_long"

OF: Mapping[str, str] = {
    "POST /sequences": DOCUMENT,
    "GET /sequences": PAGE,
    "GET /sequences/{id}": "unknown_sequence",
    "PUT /sequences/{id}": f"{SEQUENCE} {DOCUMENT} changed_meanwhile frozen",
    "POST /sequences/{id}/copy": SEQUENCE,
    "POST /sequences/{id}/copies": SEQUENCE,
    "POST /sequences/{id}/archive": SEQUENCE,
    "POST /sequences/{id}/unarchive": SEQUENCE,
    "PUT /sequences/{id}/sharing": f"{SEQUENCE} invalid_sharing unknown_user",
    "PUT /sequences/{id}/owner": f"{SEQUENCE} invalid_owner unknown_user",
    "POST /templates": f"{WORDING} template_exists",
    "GET /templates": f"{PAGE} not_found",
    "GET /templates/{id}": TEMPLATE,
    "PATCH /templates/{id}": f"{TEMPLATE} {WORDING} template_exists changed_meanwhile",
    "POST /templates/{id}/copies": TEMPLATE,
    "POST /templates/{id}/archive": TEMPLATE,
    "POST /templates/{id}/unarchive": TEMPLATE,
    "PUT /templates/{id}/owner": f"{TEMPLATE} invalid_owner unknown_user",
    "POST /sequences/{id}/previews": f"{SEQUENCE} {MESSAGE} text_empty text_too_long",
    "POST /sequences/{id}/test-mails": f"{SEQUENCE} {MESSAGE} not_an_email not_a_user not_sent would_pause",
    "POST /sequences/{id}/hold": SEQUENCE,
    "DELETE /sequences/{id}/hold": SEQUENCE,
    "POST /sequences/{id}/release": SEQUENCE,
    "POST /hold": "",
    "DELETE /hold": "",
    "POST /sequences/{id}/enrollments": f"{ADDING} unknown_opportunity",
    "GET /enrollments": NAMED_SEQUENCE,
    "GET /enrollments/{id}": "not_found",
    "DELETE /enrollments/{id}": "not_found",
    "POST /enrollments/{id}/bypass": "not_found not_waiting is_paused too_late already_ended",
    "POST /enrollments/{id}/pause": "not_found already_ended",
    "POST /enrollments/{id}/resumption": "not_found settle_first already_ended",
    "POST /enrollments/{id}/cancellation": "not_found already_ended",
    "POST /enrollments/{id}/reactivation": f"not_found is_paused already_ended {ADMISSION}",
    "POST /enrollments/{id}/conclusion": "not_found already_ended",
    "POST /enrollments/{id}/delivery": "not_found nothing_to_settle too_late already_ended",
    "POST /sequences/{id}/bulk-adds": f"{ADDING} {SELECTION} nobody",
    "GET /bulk-adds/{id}": f"{PAGE} not_found",
    "DELETE /bulk-adds/{id}": "not_found",
    "GET /todos": PAGE,
    "POST /todos/{id}/result": f"{ANSWER} unknown_result",
    "DELETE /todos/{id}/result": f"{TODO} {ADMISSION}",
    "POST /todos/{id}/email": f"{ANSWER} {WORDING} not_an_email",
    "POST /todos/{id}/skip": ANSWER,
    "POST /todos/{id}/postponement": "not_found too_late invalid_instant",
    "POST /todos/{id}/assignment": "not_found too_late unknown_user",
    "GET /attention": PAGE,
    "GET /tasks": f"{PAGE} invalid_day",
    "POST /tasks": f"{CONTACT} invalid_day",
    "PUT /tasks/{id}": f"{CONTACT} invalid_day not_found",
    "DELETE /tasks/{id}": "not_found",
    "POST /tasks/{id}/completion": "not_found",
    "DELETE /tasks/{id}/completion": "not_found",
    "GET /events": f"{PAGE} not_found",
    "GET /contacts": f"{PAGE} {SELECTION}",
    "POST /contacts": PERSON,
    "GET /contacts/{contact}": "not_found ambiguous_contact",
    "PATCH /contacts/{contact}": f"{PERSON} not_found ambiguous_contact",
    "POST /contacts/imports": LINES,
    "GET /opportunities": PAGE,
    "POST /opportunities": f"{COMPANY} opportunity_exists unknown_user",
    "GET /opportunities/{opportunity}": f"{OPPORTUNITY} {PAGE}",
    "POST /opportunities/{opportunity}/candidates": f"{OPPORTUNITY} unknown_stage",
    "POST /opportunities/{opportunity}/stage-moves": f"{OPPORTUNITY} unknown_stage",
    "GET /suppressions": PAGE,
    "POST /suppressions": TARGET,
    "GET /suppressions/lifts": PAGE,
    "GET /suppressions/export": "",
    "POST /suppressions/imports": LINES,
    "DELETE /suppressions/{target}": "",
    "GET /metrics": NUMBERS,
    "GET /sequences/{id}/metrics": f"{SEQUENCE} {NUMBERS}",
    "GET /companies": PAGE,
    "POST /companies": "company_exists unknown_user",
    "GET /companies/{id}": "not_found",
    "PATCH /companies/{id}": "not_found unknown_user",
    "GET /stages": "",
    "POST /stages": "stage_exists one_new_stage",
    "PATCH /stages/{id}": "not_found stage_exists one_new_stage new_takes_no_link",
    "DELETE /stages/{id}": "not_found one_new_stage stage_in_use",
    "POST /stages/{id}/place": "not_found",
    "PUT /stages/{id}/link": "not_found unknown_sequence new_takes_no_link sequence_archived",
    "DELETE /stages/{id}/link": "not_found",
    "GET /settings": "",
    "PATCH /settings": "changed_meanwhile invalid_limit invalid_time_frame unknown_time_zone",
    "GET /settings/versions": PAGE,
    "GET /me": "",
    "PATCH /me": PROFILE,
    "GET /users": PAGE,
    "POST /users": f"{PROFILE} user_exists unknown_role",
    "GET /users/{id}": "not_found",
    "PATCH /users/{id}": f"not_found {PROFILE}",
    "PUT /users/{id}/roles": "not_found unknown_role last_admin",
    "POST /users/{id}/deactivation": "not_found invalid_heir last_admin unknown_user",
    "DELETE /users/{id}/deactivation": "not_found",
    "GET /roles": "",
    "POST /roles": "role_exists",
    "PATCH /roles/{id}": "not_found last_admin",
    "GET /tokens": "",
    "DELETE /tokens/{id}": "not_found",
}
"""Of each operation, what only it and few others say."""


def codes_of(method: str, path: str, operation: Mapping[str, Any]) -> set[str]:
    """The codes of an operation as it is described; `path` begins behind /api. KeyError: it has no row."""
    codes = f"{OF[f'{method.upper()} {path}']} {ALWAYS}".split()
    if method not in READING:
        codes += WRITES.split()
    if operation.get("parameters") or "requestBody" in operation:
        codes += READ.split()
    return set(codes)
