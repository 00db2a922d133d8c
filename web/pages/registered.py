"""Every area of pages, in the order in which their paths are tried."""

from web.pages.adding import router as adding
from web.pages.attention import router as attention
from web.pages.calendar import router as calendar
from web.pages.chosen import router as chosen
from web.pages.contact_imports import router as contact_imports
from web.pages.contacts import router as contacts
from web.pages.documentation import router as documentation
from web.pages.drafts import router as drafts
from web.pages.editor import router as editor
from web.pages.enrollments import router as enrollments
from web.pages.enrollments_chosen import router as enrollments_chosen
from web.pages.erasures import router as erasures
from web.pages.links import router as links
from web.pages.me import router as me
from web.pages.metrics import router as metrics
from web.pages.opportunities import router as opportunities
from web.pages.outbox import router as outbox
from web.pages.search import router as search
from web.pages.sequences import router as sequences
from web.pages.settings import router as settings
from web.pages.signing_in import router as signing_in
from web.pages.stages import router as stages
from web.pages.suppressions import router as suppressions
from web.pages.templates import router as templates
from web.pages.todos import router as todos
from web.pages.users import router as users

PAGES = (
    signing_in,
    chosen,
    drafts,
    todos,
    attention,
    calendar,
    adding,
    contact_imports,
    erasures,
    contacts,
    search,
    opportunities,
    metrics,
    editor,
    sequences,
    templates,
    enrollments_chosen,
    enrollments,
    suppressions,
    me,
    users,
    settings,
    stages,
    outbox,
    documentation,
    links,
)
