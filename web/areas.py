"""Which area of pages or of the API a path belongs to, said by its first words alone."""

from functools import cached_property

from fastapi import APIRouter
from starlette.routing import Match
from starlette.types import Scope


class Area(APIRouter):
    """Routes whose patterns are tried only for a path that begins like one of theirs.

    The framework tries every pattern of the application in turn, and those of the area found once more.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """What the framework finds among these routes."""
        if self._begin.isdisjoint(["{", *scope["path"].split("/", 3)[1:3]]) and not scope.get("root_path"):
            return Match.NONE, {}
        return super().matches(scope)

    @cached_property
    def _begin(self) -> frozenset[str]:
        """The first words of its paths; of the API the second, for it is included behind /api. `{`: any word."""
        paths = [self.prefix] if self.prefix else [getattr(route, "path", "/{") for route in self.routes]
        words = [path.split("/", 2)[1] for path in paths]
        return frozenset("{" if word.startswith("{") else word for word in words)
