"""The small engine: stages, transitions and the table that holds them. No database, no clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from crm.fact_codes import FACT_CODES
from pipeline.choices import Acting, DeadlineKind, Phase, Title, Turn
from pipeline.errors import UnknownTransition
from pipeline.workdays import DAYS as DAYS
from pipeline.workdays import WORKDAYS

if TYPE_CHECKING:
    from pipeline.models import Application

Text = str | Promise
Guard = Callable[["Application"], str | None]


@dataclass(frozen=True)
class Term:
    """How long a stage may last. `confirmed` is False for our own default, which the bureau may change."""

    length: int
    unit: str = WORKDAYS
    kind: DeadlineKind = DeadlineKind.STAGE_TERM
    confirmed: bool = False
    by: tuple[int, int] | None = None  # a day of the year, month and day, instead of a length


@dataclass(frozen=True)
class Stage:
    """One state. `label` is what officers read, `public_label` and `public_hint` what the firm reads."""

    code: str
    label: Text
    public_label: Text
    phase: Phase
    turn: Turn
    public_hint: Text = ""
    term: Term | None = None
    main: bool = True  # on the road to recognition, so that the funnel counts it
    internal: bool = False  # the firm is not told of an application that rests here
    pauses: bool = False  # the authority's clock stands still while the firm corrects
    mails_firm: bool = False  # the firm gets a mail when an application arrives here


@dataclass(frozen=True)
class Actor:
    """As what somebody acts on one application: the hats they wear and whether they sit at the city's desk."""

    hats: frozenset[str] = frozenset()
    at_city: bool = False


SYSTEM = Actor(frozenset({Acting.SYSTEM}), at_city=True)


@dataclass(frozen=True)
class Lacking:
    """What an application lacks of what a move asks for: codes of figures, labels of papers."""

    facts: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Transition:
    """One lawful move. `sources` may be several stages; `city` keeps it for the city's desk."""

    code: str
    label: Text
    sources: tuple[str, ...]
    target: str
    roles: tuple[str, ...]
    guards: tuple[Guard, ...] = ()
    note_required: bool = False
    city: bool = False
    grants: Title | None = None  # the recognition that this move creates
    revokes: bool = False  # the recognition that this move ends
    revealable: bool = False  # a result that may be decided before it is public
    papers: bool = False  # what the edition's checklist demands must be there, where the checklist is in force
    facts: tuple[str, ...] = ()  # figures of the year before the application's that people must have stated

    def allows(self, actor: Actor) -> bool:
        """True when the actor's hats and desk fit; what the application still lacks is another question."""
        return Acting.SYSTEM in actor.hats or (bool(actor.hats & set(self.roles)) and (actor.at_city or not self.city))

    def role_blocker(self, actor: Actor, leads: Callable[[], str] | None = None) -> str | None:
        """Why these hats may not make the move, and whom to ask by name where `leads` tells; None when they may."""
        if self.allows(actor):
            return None
        refusal = _("当前身份无权执行“{move}”").format(move=self.label)
        if self.city and actor.hats & set(self.roles):
            return refusal + _("，须由市级经办人员办理")
        if Acting.OFFICER in actor.hats and Acting.PROXY in self.roles:
            return refusal + _("：该企业已开通账号，由企业自行办理")
        if Acting.OFFICER in actor.hats and Acting.LEAD in self.roles:
            if names := leads() if leads else "":
                return refusal + _("，请找科长{names}办理").format(names=names)
            return refusal + _("，请找本辖区科长办理")
        return refusal

    def lacking(self, application: Application) -> Lacking:
        """What the application lacks of what this move asks for. At most four queries."""
        papers = application.missing_materials() if self.papers else []
        return Lacking(tuple(application.missing_facts(self.facts)), tuple(papers))

    def blockers(
        self,
        application: Application,
        *,
        role: Actor,
        note: str = "",
        decided: bool = False,
        lacking: Lacking | None = None,
    ) -> list[str]:
        """Every reason why this move cannot be made now; empty when it can. `lacking` where it has been asked already.

        `decided` where the outcome is known already, as from an official list: then neither figures nor papers are
        asked for, and never of the system.
        """
        found = [self.role_blocker(role, application.lead_names)]
        if self.note_required and not note.strip():
            found.append(_("“{move}”须写明原因").format(move=self.label))
        found += [guard(application) for guard in self.guards]
        if not decided and Acting.SYSTEM not in role.hats:
            lacking = lacking or self.lacking(application)
            found += [_facts_blocker(application, lacking.facts), _papers_blocker(lacking.papers)]
        return [reason for reason in found if reason]


def _facts_blocker(application: Application, missing: tuple[str, ...]) -> str | None:
    """Which figures nobody has stated yet."""
    if not missing:
        return None
    names = _("、").join(str(FACT_CODES[code].label) for code in missing)
    reason = _("{year} 年还缺 {count} 项数据：{names}；请先填写")
    return reason.format(year=application.facts_year, count=len(missing), names=names)


def _papers_blocker(missing: tuple[str, ...]) -> str | None:
    """Which papers of the checklist are not there, or no longer valid."""
    if not missing:
        return None
    names = _("、").join(missing)
    return _("还缺 {count} 份材料：{names}；请在材料清单中上传").format(count=len(missing), names=names)


@dataclass(frozen=True)
class Workflow:
    """One published version of a programme's table. Applications stay pinned to the version they began with."""

    code: str
    label: Text
    short_label: Text
    stages: tuple[Stage, ...]
    transitions: tuple[Transition, ...]
    prefix: str  # of reference numbers: TS2026-000123-01
    initial: str
    goal: str  # the stage that the targets count
    next_programme: str = ""
    opens_yearly: bool = True
    restarts: bool = False  # after a correction the term begins anew; else what was left of it runs on (our default)
    warns: tuple[Guard, ...] = ()  # what officers should know in every open stage, though it blocks nothing there
    _by_code: dict[str, Stage] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._by_code.update({stage.code: stage for stage in self.stages})

    @property
    def programme(self) -> str:
        return self.code.split("/")[0]

    def stage(self, code: str) -> Stage:
        return self._by_code[code]

    def transition(self, code: str, source: str) -> Transition:
        """The move of this code from this stage. Raises UnknownTransition with what is lawful instead."""
        named = [step for step in self.transitions if step.code == code]
        for step in named:
            if source in step.sources:
                return step
        lawful = "、".join(str(step.label) for step in self.moves_from(source)) or _("无")
        stage = self.stage(source).label
        if named:
            reason = _("“{stage}”阶段不能“{move}”；当前可以：{lawful}")
            raise UnknownTransition(reason.format(stage=stage, move=named[0].label, lawful=lawful))
        reason = _("没有“{code}”这个操作；“{stage}”阶段可以：{lawful}")
        raise UnknownTransition(reason.format(code=code, stage=stage, lawful=lawful))

    def moves_from(self, source: str) -> Iterator[Transition]:
        """The moves that the table allows from a stage, whoever asks."""
        return (step for step in self.transitions if source in step.sources)

    @cached_property
    def main_line(self) -> tuple[Stage, ...]:
        """The stages on the road to recognition, in order: what the funnel counts."""
        return tuple(stage for stage in self.stages if stage.main and stage.phase != Phase.CLOSED)

    @cached_property
    def before_submission(self) -> frozenset[str]:
        """The open stages that lie before the first `submit`: who rests there must still file."""
        reached, left = {self.initial}, [self.initial]
        while left:
            for step in self.moves_from(left.pop()):
                if step.code != "submit" and step.target not in reached:
                    reached.add(step.target)
                    left.append(step.target)
        return frozenset(code for code in reached if self.stage(code).phase != Phase.CLOSED)

    def place(self, code: str) -> int:
        """Where a stage stands in the table: what lies on the way back to it comes before it."""
        return next(place for place, stage in enumerate(self.stages) if stage.code == code)

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """What the programme grants, in the order of its road."""
        return tuple(dict.fromkeys(str(step.grants) for step in self.transitions if step.grants))

    def stages_in(self, *phases: Phase) -> list[str]:
        return [stage.code for stage in self.stages if stage.phase in phases]
