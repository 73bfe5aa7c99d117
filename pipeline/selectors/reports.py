"""Reports that were made, and the sentences they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.conf import settings
from django.utils import translation

from crm.models import Region
from pipeline.models import ReportTemplate
from pipeline.report_words import SENTENCES, problems
from pipeline.selectors.report_figures import report_figures
from pipeline.selectors.report_parts import Block, report_blocks


def sentences_in_force(template: ReportTemplate | None) -> dict[str, str]:
    """The sentences of a version, those it does not know by default. No query."""
    known = {key: sentence.text for key, sentence in SENTENCES.items()}
    return known | {key: text for key, text in (template.sentences if template else {}).items() if key in known}


def written(region: Region, since: date, until: date, sentences: Mapping[str, str], *, today: date) -> list[Block]:
    """A report in these sentences. It is Chinese, whoever reads the page."""
    with translation.override(settings.LANGUAGE_CODE):
        return report_blocks(report_figures(region, since, until, today=today), sentences)


def preview_blocks(
    region: Region, since: date, until: date, sentences: Mapping[str, str], *, today: date
) -> tuple[list[Block], list[str]]:
    """What a report in these sentences says, or every reason why they cannot be used."""
    if faults := problems(sentences):
        return [], faults
    return written(region, since, until, sentences, today=today), []
