"""What an officer may record of one title: each act with its name, its form, its service and when it is offered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.models import User
from pipeline.models import Recognition
from pipeline.recognition_forms import CompleteForm, DatedReasonForm, ReissueForm, RevokeForm
from pipeline.services import recognition_changes as changes


@dataclass(frozen=True)
class Act:
    code: str
    label: str | Promise
    form: type[forms.Form]
    service: Callable[..., Any]
    offered: Callable[[Recognition, date], bool]
    leads_only: bool = False

    def bound(self, row: Recognition, data: Any = None) -> forms.Form:
        return self.form(data, auto_id=f"{self.code}-{row.pk}-%s")


def _valid(row: Recognition, today: date) -> bool:
    return row.is_valid_on(today)


ACTS = {
    act.code: act
    for act in (
        Act(
            "complete",
            _("补全编号文号"),
            CompleteForm,
            changes.complete_recognition,
            lambda row, today: row.ended_on is None and not (row.number and row.document),
        ),
        Act("reissue", _("登记更名换证"), ReissueForm, changes.reissue_recognition, _valid),
        Act(
            "suspend",
            _("登记暂停"),
            DatedReasonForm,
            changes.suspend_recognition,
            lambda row, today: _valid(row, today) and row.suspended_on is None,
        ),
        Act(
            "lift",
            _("登记恢复"),
            DatedReasonForm,
            changes.lift_suspension,
            lambda row, today: row.ended_on is None and row.suspended_on is not None,
        ),
        Act("revoke", _("登记撤销"), RevokeForm, changes.revoke_recognition, _valid, leads_only=True),
    )
}


def acts_of(
    rows: Iterable[Recognition], *, user: User, today: date, refused: tuple[int, str, forms.Form] | None = None
) -> dict[int, list[tuple[Act, forms.Form]]]:
    """The acts offered for each title with their forms; of `refused` the form as it was typed, with its errors."""
    offers: dict[int, list[tuple[Act, forms.Form]]] = {}
    for row in rows:
        chosen = [act for act in ACTS.values() if act.offered(row, today)]
        if not changes.may_revoke(user, row.firm):
            chosen = [act for act in chosen if not act.leads_only]
        offers[row.pk] = [(act, act.bound(row)) for act in chosen]
        if refused and refused[0] == row.pk:
            offers[row.pk] = [(act, refused[2] if act.code == refused[1] else form) for act, form in offers[row.pk]]
            if refused[1] not in {act.code for act, _form in offers[row.pk]}:
                offers[row.pk].append((ACTS[refused[1]], refused[2]))
    return offers
