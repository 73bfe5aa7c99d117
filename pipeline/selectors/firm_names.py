"""Names that the search fields of the firm list know: what was typed, taken apart, and what could follow."""

from __future__ import annotations

from crm.access import scope_of
from crm.models import Post, Tag, User

OFFERED = 10
MARKS = "、，,；;"


def tag_words(text: str) -> list[str]:
    """重点培育、上市后备 → each name once."""
    for mark in MARKS:
        text = text.replace(mark, "\n")
    return list(dict.fromkeys(word.strip() for word in text.split("\n") if word.strip()))


def officers_called(typed: str, *, user: User) -> list[str]:
    """People with a post in the reader's regions or above them whose name holds what was typed; ten at most.

    One query.
    """
    if not (typed := _clean(typed)):
        return []
    posts = Post.objects.filter(scope_of(user).near(path="region__path"))
    names = User.objects.filter(is_active=True, pk__in=posts.values("user"), name__contains=typed).order_by("name")
    return list(names.values_list("name", flat=True).distinct()[:OFFERED])


def tags_called(typed: str, *, user: User) -> list[str]:
    """What was typed with its last word completed to a tag that the reader sees; ten at most. One query."""
    words = tag_words(_clean(typed))
    if not words:
        return []
    *before, last = words
    names = Tag.objects.visible_to(user).standing().filter(name__contains=last).order_by("name")
    found = names.values_list("name", flat=True).distinct()[:OFFERED]
    return ["、".join([*before, name]) for name in found]


def _clean(typed: str) -> str:
    return typed.replace("\0", "").strip()[:120]
