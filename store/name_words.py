"""What companies and opportunities are found by: the beginnings of the words of their names."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing import search_words
from store import words
from store.people_tables import CompanyWordRow, OpportunityWordRow
from store.words import Index

COMPANIES = Index(CompanyWordRow, "company_id")
OPPORTUNITIES = Index(OpportunityWordRow, "opportunity_id")


async def write(tx: AsyncSession, index: Index, names: Mapping[int, str]) -> None:
    """These are found by these names, and by nothing else."""
    await words.write(tx, index, {of: search_words.of_name(name) for of, name in names.items()})


async def found(tx: AsyncSession, index: Index, text: str, after: int) -> Select[Any]:
    """The numbers of what the text finds, in the order of words, behind the one named. One statement looks it up."""
    typed = search_words.folded(text)[: search_words.LONGEST]
    return words.in_order(index, await words.look_up(tx, index, typed, search_words.each_asked(text), after))
