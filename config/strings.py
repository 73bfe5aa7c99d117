"""Collects every sentence that people read from code, templates and policies, and keeps the English catalogue whole.

Chinese in the source is the message id; `locale/en/` translates all of it. Needs babel, a development package.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation.template import templatize

CATALOGUE = Path(settings.BASE_DIR) / "locale" / "en" / "LC_MESSAGES" / "django.po"
ROOMS = ("config", "crm", "pipeline", "notifications")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class String:
    """One message: its id, its plural where it has one, its context, and where it stands."""

    text: str
    plural: str
    context: str
    place: str


def strings() -> Iterator[String]:
    """Every message of the product, in the order of files and lines."""
    for room in ROOMS:
        folder = Path(settings.BASE_DIR) / room
        for path in sorted([*folder.rglob("*.py"), *folder.rglob("*.html"), *folder.rglob("*.txt")]):
            if "migrations" not in path.parts:
                yield from _of_file(path)


def _of_file(path: Path) -> Iterator[String]:
    from babel.messages.extract import extract

    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        lines = templatize(source, origin=str(path)).splitlines()
        source = "\n".join(line.lstrip() for line in lines)  # its indentation is no Python
    place = str(path.relative_to(settings.BASE_DIR))
    for line, found, _comments, context in extract("python", io.BytesIO(source.encode()), keywords=KEYWORDS):
        text, plural = found if isinstance(found, tuple) else (found, "")
        if text:
            yield String(text, plural or "", context or "", f"{place}:{line}")


def update() -> int:
    """Bring the catalogue up to date: new messages stand empty, unused ones leave. Returns how many lack English."""
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po, write_po

    known = read_po(CATALOGUE.open("rb"), locale="en") if CATALOGUE.exists() else Catalog(locale="en")
    fresh = Catalog(locale="en", project="Cultivar", version="1", charset="utf-8", fuzzy=False)
    fresh.creation_date = fresh.revision_date = known.creation_date
    for string in strings():
        message_id = (string.text, string.plural) if string.plural else string.text
        old = known.get(message_id, string.context or None)
        translation = old.string if old else ""
        fresh.add(message_id, translation, locations=[], context=string.context or None)
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("wb") as file:
        write_po(file, fresh, width=0, sort_output=True, omit_header=False)
    with CATALOGUE.with_suffix(".mo").open("wb") as file:
        write_mo(file, fresh)
    return len(missing())


def missing() -> list[String]:
    """The messages without English."""
    from babel.messages.pofile import read_po

    with CATALOGUE.open("rb") as file:
        known = read_po(file, locale="en")
    lacking = []
    for string in strings():
        message = known.get((string.text, string.plural) if string.plural else string.text, string.context or None)
        translation = message.string if message else ""
        if not all(translation if isinstance(translation, tuple) else (translation,)):
            lacking.append(string)
    return lacking


def untranslatable() -> list[str]:
    """Chinese that stands in a template outside any translation tag: nobody could read it in English."""
    found = []
    for room in ROOMS:
        for path in sorted((Path(settings.BASE_DIR) / room).rglob("*.html")):
            if path.name == "500.html":
                continue  # must not need the translation machinery; it speaks both languages itself
            text = re.sub(r"{%\s*blocktranslate.*?{%\s*endblocktranslate\s*%}", "", path.read_text("utf-8"), flags=re.S)
            text = re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}|育企|中文", "", text, flags=re.S)
            found += [f"{path.name}: {line.strip()}" for line in text.splitlines() if CHINESE.search(line)]
    return found
