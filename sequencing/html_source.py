"""HTML that somebody wrote, made safe to send: its style sheets inlined, and only what an email may hold kept."""

from css_inline import CSSInliner
from nh3 import Cleaner

_INLINER = CSSInliner(load_remote_stylesheets=False)
TAGS = """
a abbr b big blockquote br caption center code col colgroup dd del div dl dt em font h1 h2 h3 h4 h5 h6 hr i img ins li
ol p pre q s small span strike strong sub sup table tbody td tfoot th thead tr u ul
"""
EVERYWHERE = {"style", "dir", "lang", "title", "align", "valign", "width", "height", "bgcolor", "role"}
ATTRIBUTES = {
    "*": EVERYWHERE,
    "a": {"href", "name"},
    "img": {"src", "alt", "border"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan", "nowrap"},
    "th": {"colspan", "rowspan", "nowrap", "scope"},
    "col": {"span"},
    "colgroup": {"span"},
    "font": {"color", "face", "size"},
    "ol": {"start", "type"},
    "ul": {"type"},
}
PROPERTIES = """
background background-color background-image background-position background-repeat background-size border
border-bottom border-bottom-color border-bottom-style border-bottom-width border-collapse border-color border-left
border-left-color border-left-style border-left-width border-radius border-right border-right-color border-right-style
border-right-width border-spacing border-style border-top border-top-color border-top-style border-top-width
border-width box-sizing clear color direction display float font font-family font-size font-style font-variant
font-weight height letter-spacing line-height list-style list-style-type margin margin-bottom margin-left margin-right
margin-top max-height max-width min-height min-width mso-line-height-rule mso-padding-alt mso-table-lspace
mso-table-rspace opacity overflow overflow-wrap padding padding-bottom padding-left padding-right padding-top
table-layout text-align text-decoration text-indent text-transform vertical-align white-space width word-break
word-spacing word-wrap
"""
_CLEANER = Cleaner(
    tags=set(TAGS.split()),
    attributes=ATTRIBUTES,
    url_schemes={"http", "https", "mailto", "tel"},
    filter_style_properties=set(PROPERTIES.split()),
    url_relative="deny",
    link_rel=None,
    strip_comments=True,
)


def safe_html(source: str) -> str:
    """A fragment of HTML that runs nothing, fetches nothing but pictures, and looks as its style sheets say."""
    return _CLEANER.clean(_INLINER.inline(source))
