"""Makes published lists for tests: text, csv, xlsx, docx and pdf of the same lines."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import xlsxwriter
from django.utils import timezone
from docx import Document

from crm.identifiers import name_key
from crm.models import Firm, FormerName, Job, Region, User
from crm.services import chunks
from pipeline.listing import LIST_TYPES
from pipeline.models import Application, Deadline, Indicator, OfficialList, OfficialListRow, Recognition
from pipeline.selectors.counts import Period, counts
from pipeline.services.list_confirm import confirm_list, undo_list
from pipeline.services.lists import upload_list
from pipeline.workflows import PROGRAMMES
from tests import make

HEADER = ("序号", "企业名称", "统一社会信用代码", "证书编号", "所属地区")
Lines = Sequence[Sequence[str]]


def text(lines: Lines) -> bytes:
    return "\n".join("\t".join(line) for line in lines).encode()


def xlsx(lines: Lines) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("名单")
        for number, line in enumerate(lines):
            sheet.write_row(number, 0, line)
    return out.getvalue()


def docx(lines: Lines) -> bytes:
    document, out = Document(), io.BytesIO()
    document.add_paragraph("附件：拟认定名单")
    table = document.add_table(rows=0, cols=len(lines[0]))
    for line in lines:
        for cell, said in zip(table.add_row().cells, line, strict=True):
            cell.text = said
    document.save(out)
    return out.getvalue()


def pdf(lines: Sequence[str]) -> bytes:
    """A PDF of one page whose text can be extracted: a composite font with a map from codes to characters."""
    shown = "".join(
        f"1 0 0 1 40 {800 - 14 * n} Tm <{line.encode('utf-16-be').hex()}> Tj\n" for n, line in enumerate(lines)
    )
    content = f"BT /F1 10 Tf\n{shown}ET".encode()
    cmap = b"/CIDInit /ProcSet findresource begin 1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
    used = sorted({char for line in lines for char in line})
    for start in range(0, len(used), 100):
        part = used[start : start + 100]
        cmap += f"{len(part)} beginbfchar\n".encode()
        cmap += b"".join(f"<{ord(char):04x}> <{ord(char):04x}>\n".encode() for char in part) + b"endbfchar\n"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type0/BaseFont/Song/Encoding/Identity-H/DescendantFonts[6 0 R]/ToUnicode 7 0 R>>",
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/Song/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
        b"/Supplement 0>>/FontDescriptor 8 0 R/DW 1000>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(cmap), cmap),
        b"<</Type/FontDescriptor/FontName/Song/Flags 4/FontBBox[0 0 1000 1000]/ItalicAngle 0/Ascent 800/Descent -200"
        b"/CapHeight 700/StemV 80>>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)


def uploaded(content: bytes, *, actor: User, region: Region, type: str, **given: Any) -> OfficialList:
    """A list taken in and read."""
    values = {
        "file_name": "名单.txt",
        "name": "测试名单",
        "document": "桂科发〔2026〕1号",
        "published_on": date(2026, 11, 2),
    }
    found = upload_list(content, kind=LIST_TYPES[type], region=region, actor=actor, **values | given)
    work(found.job)
    return OfficialList.objects.get(pk=found.pk)


def work(job: Job) -> Job:
    """Do a job here, as the queue would."""
    chunks.run(job.pk)
    job.refresh_from_db()
    return job


def confirmed(found: OfficialList, actor: User, lines: list[int] | None = None) -> Job:
    return work(confirm_list(found, actor=actor, lines=lines))


def undone(found: OfficialList, actor: User, lines: list[int] | None = None) -> Job:
    return work(undo_list(found, actor=actor, lines=lines))


def standings(found: OfficialList) -> dict[int, str]:
    return dict(OfficialListRow.objects.filter(official_list=found).values_list("line", "standing"))


def results(found: OfficialList) -> dict[int, str]:
    return dict(OfficialListRow.objects.filter(official_list=found).exclude(result="").values_list("line", "result"))


def noticed(firms: Sequence[Firm], *, stage: str = "notice", programme: str = "tech_sme") -> list[Application]:
    """Applications of many firms at a stage, written in one statement: the moves before are not what a test is about."""
    table, now = PROGRAMMES[programme], timezone.now() - timedelta(days=9)
    rows = [
        Application(
            reference=f"{table.prefix}2026-{firm.pk:06d}-01",
            firm=firm,
            programme=programme,
            workflow_code=table.code,
            year=2026,
            region_id=firm.region_id,
            region_path=firm.region_path,
            stage=stage,
            phase=table.stage(stage).phase,
            stage_since=now,
            opened_at=now,
        )
        for firm in firms
    ]
    return Application.objects.bulk_create(rows)


def many_firms(county: Region, names: Sequence[str], *, first: int = 50_000) -> list[Firm]:
    rows = [
        Firm(
            credit_code=make.code(number),
            name=name,
            name_key=name_key(name),
            region=county,
            region_path=county.path,
        )
        for number, name in enumerate(names, start=first)
    ]
    return Firm.objects.bulk_create(rows)


def five_hundred(county: Region) -> tuple[list[Firm], list[tuple[str, ...]]]:
    """497 firms at the public notice, and a recognised list of 500 lines: renames, brackets, spaces, three unknown
    firms and two wrong codes. Line 1 is the heading."""
    names = [f"贵港{number:03d}智造（广西）科技有限公司" for number in range(497)]
    firms = many_firms(county, names)
    FormerName.objects.bulk_create(
        [
            FormerName(firm=firm, name=f"旧名{firm.pk}有限公司", name_key=name_key(f"旧名{firm.pk}有限公司"))
            for firm in firms[100:120]
        ]
    )
    noticed(firms)
    said = [[firm.name, firm.credit_code] for firm in firms]
    for line in said[:100]:
        line[0], line[1] = line[0].replace("（", "(").replace("）", ")"), ""  # brackets of the other width, no code
    for line, firm in zip(said[100:120], firms[100:120], strict=True):
        line[0], line[1] = f"旧名{firm.pk}有限公司", ""  # the former name
    for line in said[120:140]:
        line[0] = f"更名后的{line[0]}"  # renamed, and we do not know yet
    for line in said[140:200]:
        line[0], line[1] = line[0].replace("智造", "智 造 "), ""  # spaces
    for line in said[495:]:
        line[1] = line[1][:-1] + ("0" if line[1][-1] != "0" else "1")  # a false check digit
    said += [[f"从未跟踪{number}号企业有限公司", make.code(60_000 + number)] for number in range(3)]
    number = "2026450800" + "0{:07d}"
    lines = [(str(n), *line, number.format(n), county.name) for n, line in enumerate(said, start=1)]
    return firms, [HEADER, *lines]


def one_line(firm, number="20264508000A000123"):
    return text([HEADER, ("1", firm.name, firm.credit_code, number, "")])


def row_of(found, line=2):
    return OfficialListRow.objects.select_related("official_list__region", "firm").get(official_list=found, line=line)


def world_now():
    """What a confirmation changes: everything that an undo must bring back, apart from the history itself."""
    return (
        list(Application.objects.order_by("pk").values_list("pk", "stage", "phase", "stage_since", "closed_at")),
        list(Recognition.objects.order_by("pk").values_list("firm", "programme", "title", "number", "ended_on")),
        list(Deadline.objects.open().order_by("key").values_list("key", "due_on")),
        counted(),
    )


def counted():
    indicators = Indicator.objects.exclude(counter="")
    found = counts(indicators, Period(2026, date(2026, 12, 1)))
    return {key: number for key, number in found.items() if number}
