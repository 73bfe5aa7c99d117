"""Reads a whole edition: every fault is collected before the first is reported."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from django.utils.translation import gettext as _

from crm.fact_codes import FACT_CODES
from pipeline.errors import InvalidPolicy
from pipeline.policy.fields import Fields
from pipeline.policy.nodes import Criterion, Declared, Lever, Part, Policy, Status, Text
from pipeline.policy.read_measures import Measures, fact_codes
from pipeline.policy.read_rules import Reading, inner_criteria, measures_of, read_criterion
from pipeline.policy.read_score import item_measures, read_part
from pipeline.policy.sources import Source, canonical, digest, from_file, from_json, from_yaml
from pipeline.policy.tables import FIGURES, FLAGS, PRECEDENCE
from pipeline.workflows import WORKFLOWS

EDITION_YEAR = re.compile(r"[0-9]{4}")
FLAG = re.compile(r"[a-z][a-z0-9_]*")
EARLY = date(1, 1, 1)


def policy_from_yaml(text: str, name: str = "policy.yaml") -> Policy:
    """The edition that a YAML text holds. Raises InvalidPolicy with every fault, each with file and line."""
    return _policy(from_yaml(text, name))


def policy_from_json(content: Mapping[str, Any]) -> Policy:
    """The edition that a stored content holds, equal to the one it was stored from. Raises InvalidPolicy."""
    return _policy(from_json(content))


class Stored(Protocol):
    """What a stored edition has: its content and the digest under which it was published."""

    content: Mapping[str, Any]
    digest: str


_READ: dict[str, Policy] = {}  # stored editions by digest: each is read once in the life of a process
MOST_READ = 256


def policy_of(edition: Policy | Stored) -> Policy:
    """The policy itself, or the one that a stored edition holds. Raises InvalidPolicy where the content was changed."""
    if isinstance(edition, Policy):
        return edition
    found = _READ.get(edition.digest)
    if found is None:
        found = policy_from_json(edition.content)
        if found.digest != edition.digest:
            raise InvalidPolicy(_("政策版本的内容与发布时的摘要不符，已被改动；请恢复原内容或发布新版本"))
        if len(_READ) >= MOST_READ:
            _READ.clear()
        _READ[edition.digest] = found
    return found


def load_policy(path: Path) -> Policy:
    """The edition in a file named `<programme>/<edition>.yaml`. Raises InvalidPolicy with every fault."""
    source = from_file(path)
    found = _read(source)
    if found and (found.programme, found.edition) != (path.parent.name, path.stem):
        where = f"{found.programme}/{found.edition}.yaml"
        source.complain((), _("文件应名为 {name}").format(name=where))
    return _checked(source, found)


def load_policies(directories: Iterable[Path]) -> list[Policy]:
    """Every edition in the directories, by programme and code. Raises InvalidPolicy with the faults of all files."""
    found: list[Policy] = []
    reasons: list[str] = []
    for path in sorted(path for directory in directories for path in directory.glob("*/*.yaml")):
        try:
            found.append(load_policy(path))
        except InvalidPolicy as error:
            reasons += error.reasons
    if reasons:
        raise InvalidPolicy(*reasons)
    return sorted(found, key=lambda policy: (policy.programme, policy.edition))


def pick_policy(policies: Iterable[Policy], *, programme: str, regions: Iterable[str], on: date) -> Policy | None:
    """The newest edition in force for the nearest region; `regions` from the firm's own upwards, CN is always last."""
    fitting = [policy for policy in policies if policy.programme == programme and policy.is_in_force(on)]
    for region in (*regions, "CN"):
        if found := [policy for policy in fitting if policy.region == region]:
            return max(found, key=lambda policy: (policy.effective_from, policy.edition))
    return None


def _policy(source: Source) -> Policy:
    return _checked(source, _read(source))


def _checked(source: Source, found: Policy | None) -> Policy:
    if source.faults or found is None:
        raise InvalidPolicy(*source.reasons(), faults=source.faults)
    return found


def _read(source: Source) -> Policy | None:
    root = Fields(source, (), source.data)
    if not root.is_mapping:
        return None
    content = canonical(source.data)
    found = Policy(**_head(root), **_law(root), content=content, digest=digest(content))
    _check(root, found)
    root.done()
    return found


def _head(root: Fields) -> dict[str, Any]:
    """What the edition is, where and when it holds, and which figures it takes."""
    own_year = root.one_of("new_firms", ("previous_year", "own_year"), "previous_year") == "own_year"
    return {
        "programme": root.word("programme"),
        "region": root.word("region"),
        "edition": root.word("edition"),
        "title": root.text("title"),
        "workflow": root.word("workflow"),
        "source": root.word("source"),
        "effective_from": root.day("effective_from") or EARLY,
        "effective_to": root.day("effective_to", None),
        "dates_status": Status(root.one_of("dates_status", [str(choice) for choice in Status])),
        "caveats": root.each("caveats", _caveat, []),
        "bases": _bases(root.inside("bases")),
        "precedence": root.words("precedence", []) or PRECEDENCE,
        "data_year": root.whole("data_year", least=1990) if "data_year" in root else None,
        "new_firm_own_year": own_year,
    }


def _law(root: Fields) -> dict[str, Any]:
    """What the edition demands. Flags and parts are read first: conditions may speak of them."""
    flags = _flags(root.inside("flags"))
    measures = Measures(root, _part_labels(root))
    reading = Reading(measures, {*FLAGS, *flags}, str(root.data.get("source") or ""))
    return {
        "flags": flags,
        "parts": root.each("score", read_part(reading), []),
        "routes": root.each("routes", read_criterion(reading), []),
        "criteria": root.each("criteria", read_criterion(reading)),
        "triggers": root.each("triggers", read_criterion(reading), []),
        "measures": measures.all(),
        "levers": root.each("levers", _lever, []),
    }


def _part_labels(root: Fields) -> dict[str, Text]:
    """The codes of the score's parts, known before the parts are read: measures may name them."""
    raw = root.data.get("score")
    parts = [part for part in raw if isinstance(part, dict)] if isinstance(raw, list) else []
    return {
        str(part.get("code")): Text(str(part.get("label") or ""), str(part.get("label_en") or "")) for part in parts
    }


def _flags(fields: Fields) -> dict[str, Declared]:
    found = {}
    for name in sorted(fields.data):
        if not FLAG.fullmatch(name) or name in FACT_CODES:
            fields.complain(name, _("名称只用小写字母、数字和下划线，且不与已有指标重名"))
        inner = fields.inside(name)
        found[name] = Declared(inner.text("label"), inner.text("ask"))
        inner.done()
    return found


def _bases(fields: Fields) -> dict[str, str]:
    found = {}
    for code in sorted(fields.data):
        kinds = FIGURES[code].bases if code in FIGURES else ()
        if not kinds:
            fields.complain(code, _("该指标不分口径"))
        found[code] = fields.one_of(code, [str(kind) for kind in kinds] or [""])
    return found


def _lever(fields: Fields) -> Lever:
    per = fields.number("per")
    if per <= 0:
        fields.complain("per", _("应大于 0"))
    found = Lever(
        fields.one_of("fact", FIGURES),
        per or 1,
        fields.whole("effort", least=1),
        fields.one_of("move", ("up", "down"), "up") == "up",
        fields.one_of("at_most", ("", *FIGURES), ""),
    )
    fields.done()
    return found


def _caveat(fields: Fields) -> Text:
    found = fields.text("text")
    fields.done()
    return found


# What only shows when everything is read ------------------------------------------------------------------------------


def _check(root: Fields, policy: Policy) -> None:
    _check_names(root, policy)
    if policy.effective_to is not None and policy.effective_to < policy.effective_from:
        root.complain("effective_to", _("早于施行日期"))
    for code in sorted({code for code in figures_read(policy) if FIGURES[code].bases} - set(policy.bases)):
        root.complain("bases", _("用到“{code}”，须写明口径").format(code=code))
    if unknown := [source for source in policy.precedence if source not in PRECEDENCE]:
        root.complain("precedence", _("没有“{sources}”这类来源").format(sources="、".join(unknown)))
    if any(criterion.since for criterion in (*policy.criteria, *policy.routes)):
        root.complain("criteria", _("“since”只用于 triggers"))
    if not policy.routes and any(criterion.waived for criterion in policy.criteria):
        root.complain("routes", _("有条件可由直通车代替，但没有列出直通车"))


def _check_names(root: Fields, policy: Policy) -> None:
    workflow = WORKFLOWS.get(policy.workflow)
    if policy.workflow and workflow is None:
        root.complain("workflow", _("没有“{code}”这张流程表").format(code=policy.workflow))
    elif workflow and policy.programme and workflow.programme != policy.programme:
        root.complain("workflow", _("不是“{programme}”的流程").format(programme=policy.programme))
    region, _dash, year = policy.edition.rpartition("-")
    if policy.edition and (region != policy.region or not EDITION_YEAR.fullmatch(year)):
        root.complain("edition", _("版本代码应为“{region}-年份”").format(region=policy.region))


def all_criteria(policy: Policy) -> Iterator[Criterion]:
    """Every condition of an edition: gates, direct routes and triggers, each with those inside it."""
    for criterion in (*policy.criteria, *policy.routes, *policy.triggers):
        yield from inner_criteria(criterion)


def part_of(policy: Policy, code: str) -> Part:
    return next(part for part in policy.parts if part.code == code)


def figures_read(policy: Policy) -> Iterator[str]:
    """The code of every figure that conditions, triggers and points speak of, as often as they do."""
    measures = [measure for criterion in all_criteria(policy) for measure in measures_of(criterion)]
    measures += [measure for part in policy.parts for measure in item_measures(part.item)]
    for measure in measures:
        yield from (code for code in fact_codes(measure) if code in FIGURES)
