"""Everything that can belong to a firm, and what becomes of it when the firm goes into another.

A test walks every foreign key to Firm: one that is not named here fails it. Rooms above are named, never imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.apps import apps
from django.db.models import Model, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.choices import RequestState


class Fate(Enum):
    """What becomes of rows when their firm goes into another."""

    MOVE = "move"  # they move; one that the other firm has already stays behind
    CHOOSE = "choose"  # they move; of two that say the same thing differently, somebody chooses
    REFUSE = "refuse"  # they move; two of the same kind must be settled by hand before
    STAY = "stay"  # of the old row alone: worked out again, or history


@dataclass(frozen=True)
class Relation:
    """One kind of row. `unique` are the fields that may stand once a firm, among the rows that `among` names."""

    label: str | Promise
    fate: Fate
    link: str = "firm"
    unique: tuple[str, ...] = ()
    among: Q = Q()  # noqa: RUF009  never changed
    contents: tuple[str, ...] = ()  # what is exchanged when the other firm's row is chosen
    shown: str = ""  # the one of the contents that people compare
    is_derived: bool = False  # follows from the firm by itself: nobody misses it where the firm was a mistake


RELATIONS: dict[str, Relation] = {
    "crm.fact": Relation(
        _("企业数据"),
        Fate.CHOOSE,
        unique=("year", "code", "basis", "source"),
        contents=("value", "evidence", "file", "entered_by_id"),
        shown="value",
    ),
    "crm.contact": Relation(
        _("联系人"), Fate.CHOOSE, unique=("name",), contents=("title", "phone", "email"), shown="phone"
    ),
    "crm.intellectualproperty": Relation(_("知识产权"), Fate.MOVE, unique=("kind", "number")),
    "crm.credential": Relation(_("资质与平台"), Fate.MOVE),
    "crm.formername": Relation(_("曾用名"), Fate.MOVE, unique=("name",)),
    "crm.firmtag": Relation(_("标签"), Fate.MOVE, unique=("tag_id",)),
    "crm.firmevent": Relation(_("企业变动"), Fate.STAY),
    "crm.firmsearch": Relation(_("检索"), Fate.STAY, is_derived=True),
    "crm.touch": Relation(_("联系记录"), Fate.MOVE),
    "crm.task": Relation(_("待办与承诺"), Fate.MOVE),
    "crm.importrow": Relation(_("导入记录"), Fate.STAY, is_derived=True),
    "crm.mandate": Relation(_("代理授权"), Fate.MOVE),
    "crm.invitation": Relation(
        _("邀请"), Fate.MOVE, unique=("email",), among=Q(accepted_at=None, withdrawn_at=None, mandate=None)
    ),
    "crm.membership": Relation(_("企业账号"), Fate.MOVE, unique=("user_id",), among=Q(ended_on=None)),
    "crm.registrationrequest": Relation(
        _("注册申请"), Fate.MOVE, unique=("email", "credit_code"), among=Q(state=RequestState.PENDING)
    ),
    "crm.duplicatepair": Relation(_("疑似重复"), Fate.STAY, link="first", is_derived=True),
    "crm.merge": Relation(_("企业合并"), Fate.STAY, link="kept"),
    "crm.firm": Relation(_("已并入的企业"), Fate.STAY, link="merged_into"),
    "pipeline.application": Relation(_("申报"), Fate.REFUSE, unique=("programme", "year"), among=Q(closed_at=None)),
    "pipeline.recognition": Relation(_("认定结果"), Fate.REFUSE, unique=("programme", "title", "granted_on")),
    "pipeline.deadline": Relation(_("期限"), Fate.MOVE),
    "pipeline.assessment": Relation(_("条件评估"), Fate.STAY, is_derived=True),
    "pipeline.document": Relation(_("企业材料"), Fate.MOVE),
    "pipeline.shortlist_firms": Relation(_("备选名单"), Fate.MOVE, unique=("shortlist_id",)),
    "pipeline.shortlistopening": Relation(_("名单开办结果"), Fate.STAY),
    "pipeline.handoverrow": Relation(_("交接结果"), Fate.STAY),
    "pipeline.lapse": Relation(_("台账问题"), Fate.STAY),
    "pipeline.officiallistrow": Relation(
        _("官方名单"), Fate.MOVE, unique=("official_list_id",), among=Q(firm__isnull=False)
    ),
    "notifications.bounce": Relation(_("退信地址"), Fate.MOVE),
    "notifications.message": Relation(_("消息"), Fate.MOVE),
}


def model_of(label: str) -> type[Model]:
    """The model of a relation; of a many-to-many field the table between."""
    found: Any = apps.get_model(label)
    return found
