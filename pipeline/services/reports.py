"""Makes work reports, and keeps the versions of their sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from io import BytesIO

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import MANAGERS, scope_of
from crm.errors import NotAllowed
from crm.files import keep_file
from crm.models import Job, Region, User
from crm.services.jobs import Progress, handles, start_job
from pipeline.errors import ReportRefused
from pipeline.models import ReportTemplate, WorkReport
from pipeline.report_words import SENTENCES, problems
from pipeline.selectors.report_document import as_docx
from pipeline.selectors.report_parts import Block
from pipeline.selectors.reports import sentences_in_force, written

LONGEST_DAYS = 366 * 3
KIND = "report.make"
STEPS = 3


def check_period(since: date, until: date, *, today: date) -> None:
    """Raise ReportRefused with every reason why no report can be made of these days."""
    reasons = []
    if since > until:
        reasons.append(_("起始日期 {since} 晚于截止日期 {until}，请对调").format(since=since, until=until))
    if since > today:
        reasons.append(_("起始日期 {since} 还没有到，请选已经开始的期间").format(since=since))
    if (until - since).days > LONGEST_DAYS:
        reasons.append(_("期间最长三年，请缩短"))
    if since.year < 2000 or until.year > 2100:
        reasons.append(_("日期不在 2000 年至 2100 年之间，请核对"))
    if reasons:
        raise ReportRefused(*reasons)


def start_report(region: Region, since: date, until: date, *, actor: User) -> Job:
    """Make a report in the background. Raises ReportRefused with every reason."""
    check_period(since, until, today=timezone.localdate())
    params = {"region": region.code, "since": since.isoformat(), "until": until.isoformat()}
    title = _("工作报告：{region} {since} 至 {until}").format(region=region.name, since=since, until=until)
    return start_job(KIND, title=title[:120], actor=actor, params=params, total=STEPS)


@handles(KIND)
def _make(progress: Progress) -> dict[str, int]:
    params = progress.job.params
    region = Region.objects.get(code=params["region"])
    since, until = (date.fromisoformat(params[name]) for name in ("since", "until"))
    progress.beat(done=1)
    report = make_report(region, since, until, actor=progress.job.actor, today=timezone.localdate())
    progress.beat(done=STEPS)
    return {"report": report.pk}


def make_report(region: Region, since: date, until: date, *, actor: User | None, today: date) -> WorkReport:
    """Count, write, keep. The report keeps its sentences and numbers as they were. Raises ReportRefused."""
    check_period(since, until, today=today)
    template = ReportTemplate.objects.first()
    blocks = written(region, since, until, sentences_in_force(template), today=today)
    report = WorkReport(
        region=region,
        region_path=region.path,
        since=since,
        until=until,
        as_of=min(until, today),
        title="".join(piece.text for piece in blocks[0].pieces)[:200],
        template=template,
        content=[asdict(block) for block in blocks],
        made_by=actor,
        made_at=timezone.now(),
    )
    keep_file(report.file, ContentFile(_document(blocks), name=f"{report.title[:60]}.docx"))
    report.save()
    return report


def _document(blocks: list[Block]) -> bytes:
    place = BytesIO()
    as_docx(blocks).save(place)
    return place.getvalue()


@transaction.atomic
def save_template(sentences: Mapping[str, str], *, note: str, actor: User, seen: int) -> ReportTemplate:
    """Keep a new version of the sentences; `seen` is the newest version that the person saw.

    Raises NotAllowed, ReportRefused with every reason, or ReportRefused where somebody else saved one meanwhile.
    """
    if not scope_of(actor).has_role(*MANAGERS):
        raise NotAllowed(_("修改报告模板须由科长或管理员办理"))
    given = {key: text.strip() for key, text in sentences.items()}
    if reasons := problems(given):
        raise ReportRefused(*reasons)
    known = {key: sentence.text for key, sentence in SENTENCES.items()} | given
    try:
        with transaction.atomic():
            return ReportTemplate.objects.create(
                number=seen + 1, sentences=known, note=note.strip()[:200], author=actor, saved_at=timezone.now()
            )
    except IntegrityError:
        raise ReportRefused(_("模板刚被他人更改，请刷新后再改")) from None
