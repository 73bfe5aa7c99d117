"""Judges a firm's facts against a policy edition: verdict, score, gaps, what is missing, the cheapest way to the line.

Pure: no database, no clock. `assess` gives the whole document, `judge` verdict and score alone, `cheapest_paths` what
is searched only when someone looks.
"""

from pipeline.assessment.document import Assessment, Line, assess
from pipeline.assessment.facts import Claim, Facts, Figure, Holding, apply_steps, code_of, facts_from_rows, spoken_name
from pipeline.assessment.figures import UsedFigure, figures_used, first_year_read
from pipeline.assessment.gaps import Gap
from pipeline.assessment.json_text import read_json
from pipeline.assessment.judging import Judgement, judge
from pipeline.assessment.missing import Missing, asked_by_condition
from pipeline.assessment.paths import Path, Step, cheapest_paths
from pipeline.assessment.reading import Reader, parse_facts
from pipeline.assessment.scoring import Score
from pipeline.assessment.standing import stands_until
from pipeline.assessment.writing import codes_read, facts_document

__all__ = [
    "Assessment",
    "Claim",
    "Facts",
    "Figure",
    "Gap",
    "Holding",
    "Judgement",
    "Line",
    "Missing",
    "Path",
    "Reader",
    "Score",
    "Step",
    "UsedFigure",
    "apply_steps",
    "asked_by_condition",
    "assess",
    "cheapest_paths",
    "code_of",
    "codes_read",
    "facts_document",
    "facts_from_rows",
    "figures_used",
    "first_year_read",
    "judge",
    "parse_facts",
    "read_json",
    "spoken_name",
    "stands_until",
]
