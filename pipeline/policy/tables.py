"""The words a policy file may use: fact codes, flags, kinds of credential, units."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.choices import CREDENTIAL_FIELDS, Source
from crm.fact_codes import COUNT, FACT_CODES, PERSONS, POINTS, UNIT_LABELS, YES_NO, YUAN, FactCode

RATIO, DAYS, YEARS, YEAR = "ratio", "days", "years", "year"
UNITS: dict[str, str | Promise] = {
    **UNIT_LABELS,
    RATIO: _("比例"),
    DAYS: _("天"),
    YEARS: _("年"),
    YEAR: _("年份"),
}

# A yes/no figure is a flag; everything else is a number.
FLAGS: dict[str, FactCode] = {code: fact for code, fact in FACT_CODES.items() if fact.unit == YES_NO}
EXPERT_PREFIX = "expert_"  # what experts said beforehand: a range of points, never a figure of a condition
FIGURES: dict[str, FactCode] = {
    code: fact for code, fact in FACT_CODES.items() if fact.unit != YES_NO and not code.startswith(EXPERT_PREFIX)
}
IP_PREFIX = "ip_"  # the facts object names these figures without it, inside "ip"

# A figure that follows from two others when it is not stated itself: the first less the second.
DERIVED = {"net_assets_cny": ("assets_cny", "liabilities_cny")}

CREDENTIALS = CREDENTIAL_FIELDS  # what each kind of credential may state beside its kind
CREDENTIAL_LABELS = {
    "high_tech_certificate": _("高新技术企业证书"),
    "science_award": _("国家科学技术奖"),
    "rd_institution": _("研发机构"),
    "standard_led": _("主导制定标准"),
    "gazelle_library": _("瞪羚企业培育库"),
    "chief_technology_officer": _("首席技术官"),
}
LEVEL_LABELS = {
    "national": _("国家级"),
    "ministerial": _("部级"),
    "provincial": _("省级"),
    "municipal": _("市级"),
    "county": _("县级"),
}
LEVELS = tuple(LEVEL_LABELS)
EXPERT_SCORES = {"ip_quality": _("知识产权质量"), "organisation": _("研究开发组织管理水平")}

# The default when a policy names no order of its own: the figure of the first source wins (docs/policies.md).
PRECEDENCE: tuple[str, ...] = tuple(Source.values)


def expert_code(name: str, end: str) -> str:
    """The fact under which one end (`low` or `high`) of an expert's range is kept."""
    return f"{EXPERT_PREFIX}{name}_{end}"


def expert_name(code: str) -> str:
    """Whose end of an expert's range a fact keeps; empty for any other fact."""
    return next((name for name in EXPERT_SCORES if code in {expert_code(name, "low"), expert_code(name, "high")}), "")


__all__ = [
    "COUNT",
    "CREDENTIALS",
    "CREDENTIAL_LABELS",
    "DAYS",
    "DERIVED",
    "EXPERT_PREFIX",
    "EXPERT_SCORES",
    "FIGURES",
    "FLAGS",
    "IP_PREFIX",
    "LEVELS",
    "LEVEL_LABELS",
    "PERSONS",
    "POINTS",
    "PRECEDENCE",
    "RATIO",
    "UNITS",
    "YEAR",
    "YEARS",
    "YUAN",
    "expert_code",
    "expert_name",
]
