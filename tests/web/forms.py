"""What a browser would send of a form that nobody has touched, and which of its buttons Enter presses."""

from html.parser import HTMLParser

Said = dict[str, str | None]
Fields = dict[str, list[str]]


def filled(html: str, action: str) -> Fields:
    """The fields of the first form that is sent to that path, as they stand there, without its buttons."""
    return _read(html, action).fields


def default_button(html: str, action: str) -> Said:
    """The attributes of the first button of that form."""
    return _read(html, action).buttons[0]


def _read(html: str, action: str) -> "_Form":
    form = _Form(action)
    form.feed(html)
    assert form.found, f"there is no form for {action}"
    return form


class _Form(HTMLParser):
    def __init__(self, action: str) -> None:
        super().__init__()
        self.action, self.found, self.inside = action, False, False
        self.fields: Fields = {}
        self.buttons: list[Said] = []
        self.options: list[tuple[Said, str]] = []
        self.name, self.text = "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "form":
            self.inside = not self.found and said.get("action") == self.action
            self.found = self.found or self.inside
        elif tag == "input" and (said.get("type") not in ("checkbox", "radio") or "checked" in said):
            self._add(said.get("name") or "", said.get("value") or "")
        elif tag == "button" and self.inside:
            self.buttons.append(said)
        elif tag in ("select", "textarea"):
            self.name, self.options, self.text = said.get("name") or "", [], ""
        elif tag == "option":
            self.options.append((said, ""))

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.options:
            said, words = self.options[-1]
            self.options[-1] = said, words + data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "textarea":
            self._add(self.name, self.text.removeprefix("\n"))
        elif tag == "select" and self.options:
            chosen = next((one for one in self.options if "selected" in one[0]), self.options[0])
            said, words = chosen
            self._add(self.name, words.strip() if "value" not in said else said["value"] or "")
            self.options = []

    def _add(self, name: str, value: str) -> None:
        if self.inside and name:
            self.fields.setdefault(name, []).append(value)
