"""What an email in HTML may hold: tags, their attributes, properties of styles; and how tags end each other."""

from collections.abc import Mapping

_TAGS = """
a abbr b big blockquote br caption center code col colgroup dd del div dl dt em font h1 h2 h3 h4 h5 h6 hr i img ins li
ol p pre q s small span strike strong sub sup table tbody td tfoot th thead tr u ul
"""
TAGS = frozenset(_TAGS.split())
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
_PROPERTIES = """
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
PROPERTIES = frozenset(_PROPERTIES.split())

VOID = frozenset({"br", "col", "hr", "img"})
REOPENED = frozenset(["a", "b", "big", "code", "em", "font", "i", "s", "small", "strike", "strong", "u"])
"""A parser opens them again in the next paragraph where one ends before they do."""
_UNSEEN = """
audio canvas iframe math noembed noframes noscript object script select style svg template textarea title video xmp
"""
UNSEEN = frozenset(_UNSEEN.split())
"""Left out with all they hold."""
OF_TABLES = frozenset({"table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th"})
CELLS = frozenset({"table", "td", "th"})
LISTS = frozenset({"ul", "ol", "dl"})
ENDS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "li": (frozenset({"li"}), LISTS | CELLS),
    "dt": (frozenset({"dt", "dd"}), LISTS | CELLS),
    "dd": (frozenset({"dt", "dd"}), LISTS | CELLS),
    "td": (frozenset({"td", "th"}), frozenset({"table", "tr"})),
    "th": (frozenset({"td", "th"}), frozenset({"table", "tr"})),
    "tr": (frozenset({"tr"}), frozenset({"table"})),
    "thead": (frozenset({"thead", "tbody", "tfoot"}), frozenset({"table"})),
    "tbody": (frozenset({"thead", "tbody", "tfoot"}), frozenset({"table"})),
    "tfoot": (frozenset({"thead", "tbody", "tfoot"}), frozenset({"table"})),
}
"""What a tag ends that nobody closed, unless one of the others stands between."""
IN_A_LINE = REOPENED | frozenset(["abbr", "br", "code", "del", "img", "ins", "q", "span", "sub", "sup"])
