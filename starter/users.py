"""Adding users."""

from sequencing.addresses import check_email, check_number
from sequencing.people import Level
from sequencing.wording import check_name
from starter.door import Door, permitted
from store import users


async def add_user(door: Door, email: str, name: str, level: Level, number: str | None, by: str) -> None:
    """Makes a user who sends from the address he signs in with. Raises Refused."""
    check_email(email.strip())
    check_name("The name", name, 200)
    if number is not None:
        check_number(number)
    async with door.database.writing() as tx:
        await permitted(tx, by, "users")
        await users.add(tx, email, name, level, number)
