"""Renders what a person is told: subject, plain text and HTML that survives mail clients, in that person's language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import css_inline
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

STYLES = Path(__file__).parent / "templates" / "notifications" / "mail" / "styles.css"


@dataclass(frozen=True)
class Rendered:
    subject: str
    text: str
    html: str
    template: str = ""  # the kind of mail whose wording the bureau may change
    version: int = 0


def render(name: str, context: dict[str, Any], *, language: str) -> Rendered:
    """`mail/<name>.subject.txt`, `.txt` and `.html`, with styles inlined and no content from elsewhere."""
    context = {"site_url": settings.SITE_URL, **context}
    with translation.override(language):
        subject = " ".join(render_to_string(f"notifications/mail/{name}.subject.txt", context).split())
        text = spaced(render_to_string(f"notifications/mail/{name}.txt", context))
        html = render_to_string(f"notifications/mail/{name}.html", {**context, "subject": subject})
    return Rendered(subject, text, inlined(html))


def inlined(html: str) -> str:
    """HTML with the styles of all mails written into its elements."""
    return _inliner().inline(html)


def spaced(text: str) -> str:
    """Plain text as it should read: no trailing blanks, never two empty lines in a row."""
    lines: list[str] = []
    for line in (raw.rstrip() for raw in text.splitlines()):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip() + "\n"


@lru_cache(maxsize=1)
def _inliner() -> css_inline.CSSInliner:
    styles = STYLES.read_text(encoding="utf-8")
    return css_inline.CSSInliner(extra_css=styles, load_remote_stylesheets=False, keep_style_tags=False)
