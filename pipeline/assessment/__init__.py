"""Judges a firm's facts against a policy edition: verdict, score, gaps, what is missing.

Pure: no database, no clock. `assess` gives the whole document, `judge` verdict and score alone.
"""

from pipeline.assessment.document import Assessment, Line, assess
from pipeline.assessment.facts import Claim, Facts, Figure, Holding, code_of, facts_from_rows, spoken_name
from pipeline.assessment.gaps import Gap
from pipeline.assessment.judging import Judgement, judge
from pipeline.assessment.missing import Missing
from pipeline.assessment.reading import parse_facts
from pipeline.assessment.scoring import Score

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
    "Score",
    "assess",
    "code_of",
    "facts_from_rows",
    "judge",
    "parse_facts",
    "spoken_name",
]
