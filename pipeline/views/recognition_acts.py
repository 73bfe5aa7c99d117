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
from pipeline.models import MajorChange, Recognition
from pipeline.recognition_forms import (
    ChangeReportForm,
    CompleteForm,
    DatedReasonForm,
    MajorChangeForm,
    ReissueForm,
    ReportForm,
    RevokeForm,
)
from pipeline.services import recognition_changes as changes
from pipeline.services import recognition_duties as duties


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


def _has_duties(row: Recognition, today: date) -> bool:
    return row.programme == "high_tech" and _valid(row, today)


def _beside_its_change(row: Recognition, today: date) -> bool:
    """Offered beside each change that waits, not among the acts."""
    return False


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
        Act("report", _("登记年度报告"), ReportForm, duties.record_report, _has_duties),
        Act("change", _("登记重大变化"), MajorChangeForm, duties.record_major_change, _has_duties),
        Act("report_change", _("登记已报告"), ChangeReportForm, duties.report_major_change, _beside_its_change),
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


def change_forms(changes_waiting: Iterable[MajorChange]) -> dict[int, ChangeReportForm]:
    """The form that says of each of these changes that it was reported."""
    return {
        change.pk: ChangeReportForm(initial={"change": change.pk}, auto_id=f"reported-{change.pk}-%s")
        for change in changes_waiting
    }
