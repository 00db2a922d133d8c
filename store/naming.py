"""What a person may call a thing by besides its name."""

from sqlalchemy import ColumnElement

from store.people_tables import CompanyRow, ContactRow, OpportunityRow


def fits(table: type[CompanyRow | ContactRow | OpportunityRow], name: str) -> list[ColumnElement[bool]]:
    """Conditions under which that is the thing's external id or its id."""
    wanted = name.strip()
    by_id = [table.id == int(wanted)] if wanted.isascii() and wanted.isdecimal() and len(wanted) < 10 else []
    return [table.external_id == wanted, *by_id]
