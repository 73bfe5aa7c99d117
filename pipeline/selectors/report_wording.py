"""Puts the figures of a report into its sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import islice

from pipeline.report_words import BLANK, SENTENCES, Figure, Value, filled
from pipeline.selectors.report_figures import ReportFigures
from pipeline.selectors.report_sources import Sources, chinese_day

MOST_LISTED = 12  # of reasons and stages


class Wording:
    """The sentences in force, and the places that every one of them may use."""

    def __init__(self, figures: ReportFigures, sentences: Mapping[str, str]) -> None:
        self.figures, self.sources = figures, Sources(figures)
        self.sentences = {key: sentence.text for key, sentence in SENTENCES.items()} | dict(sentences)
        self.common: dict[str, Value] = {
            "region": Figure(figures.region.name),
            "period": Figure(period_name(figures.since, figures.until)),
            "as_of": Figure(chinese_day(figures.as_of)),
            "year": Figure(str(figures.as_of.year)),
            "blank": BLANK,
        }

    def say(self, key: str, values: Mapping[str, Value] | None = None) -> list[Figure]:
        """One sentence with its values; what is not known stays a marked blank."""
        return filled(self.sentences[key], self.common | dict(values or {}))

    def done(self, code: str) -> Figure:
        """What was done of an indicator in the period; a blank where the bureau does not carry it."""
        progress = self.figures.progress.get(code)
        return self.sources.done(progress) if progress else BLANK

    def listed(self, items: Iterable[tuple[str, int]], unit: str, about: str) -> list[Figure]:
        """研发费用占比5家、人员占比3家: the first few names with their numbers, for a place of a sentence."""
        pieces: list[Figure] = []
        for place, (name, number) in enumerate(islice(items, MOST_LISTED)):
            pieces += [Figure("、" * bool(place) + name), self.sources.of(number, about), Figure(unit)]
        return pieces or [BLANK]


def period_name(since: date, until: date) -> str:
    """2026年上半年, 2026年, or from which day to which."""
    if since == date(until.year, 1, 1) and (until.month, until.day) == (6, 30):
        return f"{until.year}年上半年"
    if since == date(until.year, 7, 1) and (until.month, until.day) == (12, 31):
        return f"{until.year}年下半年"
    if since == date(until.year, 1, 1) and (until.month, until.day) == (12, 31):
        return f"{until.year}年"
    return f"{chinese_day(since)}至{chinese_day(until)}"


def each(names: tuple[str, ...]) -> str:
    """平南县, or 平南县、桂平市各 where several lack the same number."""
    return "、".join(names) + "各" * (len(names) > 1)
