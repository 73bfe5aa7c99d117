"""Which lists an authority publishes for each programme, and the lawful road that a firm on one of them has gone."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from pipeline.choices import Title
from pipeline.workflow import Transition, Workflow
from pipeline.workflows import PROGRAMMES

Road = tuple[Transition, ...]


class ListKind(TextChoices):
    NOTICE = "notice", _("公示")
    RECOGNISED = "recognised", _("认定 / 备案")
    REVOKED = "revoked", _("撤销 / 取消")


# Stages that a public notice stands for (DOMAIN §6): the high-tech programme has a regional and a national one.
NOTICES = {"tech_sme": ("notice",), "high_tech": ("approved", "filed"), "gazelle": ("notice",)}


@dataclass(frozen=True)
class ListType:
    """One sort of published list: of which programme, and the stage that it puts a firm into."""

    programme: str
    kind: ListKind
    stage: str
    title: Title | None  # what the list grants or ends

    @property
    def code(self) -> str:
        return f"{self.programme}:{self.stage}"

    @property
    def table(self) -> Workflow:
        return PROGRAMMES[self.programme]

    @property
    def label(self) -> str:
        kind, stage = str(self.kind.label), str(self.table.stage(self.stage).label)
        return kind if kind == stage else f"{kind} · {stage}"

    @property
    def expected_from(self) -> list[str]:
        """The stages whose firms should stand on this list; none for a list of firms that lose something."""
        if self.kind == ListKind.REVOKED:
            return []
        found = [stage for step in self.table.transitions if self._leads_here(step) for stage in step.sources]
        return list(dict.fromkeys(found))

    def _leads_here(self, step: Transition) -> bool:
        if step.target != self.stage or step.note_required != (self.kind == ListKind.REVOKED):
            return False
        return self.kind != ListKind.RECOGNISED or step.grants is not None

    def road(self, table: Workflow, source: str) -> Road | None:
        """The shortest lawful moves from a stage to the list's: no return, no objection, no other title on the way.

        A firm loses something in one move or not at all.
        """
        roads: dict[str, Road] = {source: ()}
        waiting = [source]
        while waiting:
            here = waiting.pop(0)
            for step in table.moves_from(here):
                if self._leads_here(step):
                    return (*roads[here], step)
                if self.kind != ListKind.REVOKED and _passes(table, step) and step.target not in roads:
                    roads[step.target] = (*roads[here], step)
                    waiting.append(step.target)
        return None

    def last_step(self) -> Transition:
        """The move that the list stands for: who may make it may record its title alone."""
        return next(step for step in self.table.transitions if self._leads_here(step))


def _passes(table: Workflow, step: Transition) -> bool:
    return not (step.note_required or step.grants or step.revokes) and table.stage(step.target).main


def _types() -> list[ListType]:
    found = []
    for programme, table in PROGRAMMES.items():
        granting = {step.target: step.grants for step in table.transitions if step.grants}
        found += [ListType(programme, ListKind.NOTICE, stage, None) for stage in NOTICES[programme]]
        found += [ListType(programme, ListKind.RECOGNISED, stage, title) for stage, title in granting.items()]
        for step in table.transitions:
            if step.revokes:
                ended = next(title for stage, title in granting.items() if stage in step.sources)
                found.append(ListType(programme, ListKind.REVOKED, step.target, ended))
    return found


LIST_TYPES: dict[str, ListType] = {kind.code: kind for kind in _types()}
