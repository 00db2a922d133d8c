"""Every area of the HTTP API, in the order of its description."""

from web.api.adds import router as adds
from web.api.companies import router as companies
from web.api.contacts import router as contacts
from web.api.editing import router as editing
from web.api.enrollments import router as enrollments
from web.api.events import router as events
from web.api.holds import router as holds
from web.api.opportunities import router as opportunities
from web.api.previews import router as previews
from web.api.reports import router as reports
from web.api.roles import router as roles
from web.api.sequences import router as sequences
from web.api.settings import router as settings
from web.api.sharing import router as sharing
from web.api.stages import router as stages
from web.api.suppressions import router as suppressions
from web.api.tasks import router as tasks
from web.api.templates import router as templates
from web.api.todos import router as todos
from web.api.tokens import router as tokens
from web.api.users import router as users

ROUTES = (
    sequences,
    editing,
    sharing,
    templates,
    previews,
    holds,
    enrollments,
    adds,
    todos,
    tasks,
    events,
    contacts,
    opportunities,
    suppressions,
    reports,
    companies,
    stages,
    settings,
    users,
    roles,
    tokens,
)
