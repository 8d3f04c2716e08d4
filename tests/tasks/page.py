"""HTML as a strict reader sees it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "rect"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    parts: list["Element | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)

    def all(self, tag: str = "", having: Callable[["Element"], bool] = lambda _: True, **attributes: str) -> list["Element"]:
        """The elements inside, in order, of this tag and with these attributes (class_: one of the classes)."""

        def fits(element: Element) -> bool:
            classes = element.attributes.get("class", "").split()
            named = (value in classes if name == "class_" else element.attributes.get(name) == value for name, value in attributes.items())
            return tag in ("", element.tag) and all(named) and having(element)

        return [element for element in self.walk() if fits(element)]

    def walk(self) -> Iterator["Element"]:
        for part in self.parts:
            if isinstance(part, Element):
                yield part
                yield from part.walk()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].parts.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        assert tag in VOID

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> while <{self.open[-1].tag}> is open"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].parts.append(data)


def parse(text: str) -> Element:
    """The elements of a document or fragment; fails where one is not closed, or another than the innermost is."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == [reader.root], f"never closed: {[element.tag for element in reader.open[1:]]}"
    return reader.root


def line(page: Element, config: str, row: int = 0) -> Element:
    """The line of a config in a row of the samples."""
    (found,) = page.all("article")[row].all("div", class_="line", having=lambda each: each.all("code")[0].text == config)
    return found


def said(element: Element) -> Element:
    return element.all("p", class_="said")[0]
