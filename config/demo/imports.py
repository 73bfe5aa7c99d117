"""Two imports of the demonstration city: a list that came in, and a ledger of a county that waits for decisions."""

from __future__ import annotations

import io
from collections.abc import Sequence

import xlsxwriter

from config.demo.firms import credit_code
from config.demo.marks import mark
from crm.models import Firm, Import, Region, User
from crm.services import imports, jobs
from crm.services.duplicates import find_duplicates

PEOPLE = ("覃海燕", "韦国强", "梁春梅", "陆建华", "莫秋实", "甘文彬", "黄丽珍", "李永昌")
BOOKKEEPER = ("桂诚代账", "0775-4560011")  # of two firms, which the search for doubles therefore asks about
FIRST_NUMBER = 60_001  # of the codes of firms that only the waiting ledger knows
Line = Sequence[object]


def make_imports(firms: Sequence[Firm], city: Region, officer: User) -> None:
    """Bring in who represents eight firms and who keeps their books, check a county's ledger, look for doubles."""
    done = _import(_workbook(_represented(firms[: len(PEOPLE)])), "法定代表人补录.xlsx", city, officer)
    imports.confirm(done, actor=officer)
    _work_on(done)
    _import(_workbook(_ledger(firms[len(PEOPLE) :])), "平南县科技企业台账.xlsx", city, officer)
    find_duplicates()


def _import(file: io.BytesIO, name: str, city: Region, officer: User) -> Import:
    batch = imports.upload(file, name=name, region=city, actor=officer)
    _work_on(batch)
    return batch


def _work_on(batch: Import) -> None:
    assert batch.job is not None
    jobs.run(batch.job.pk)
    mark([batch.job])


def _workbook(lines: Sequence[Line]) -> io.BytesIO:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, line in enumerate(lines):
            sheet.write_row(number, 0, line)
    file.seek(0)
    return file


def _represented(firms: Sequence[Firm]) -> list[Line]:
    rows: list[Line] = [["企业名称", "统一社会信用代码", "法定代表人", "联系人", "联系电话"]]
    for place, (firm, name) in enumerate(zip(firms, PEOPLE, strict=False)):
        rows.append([firm.name, firm.credit_code, name, *(BOOKKEEPER if place < 2 else ("", ""))])
    return rows


def _ledger(firms: Sequence[Firm]) -> list[Line]:
    """New firms, one that is known, one of the same name, and what goes wrong in such ledgers."""
    known, same = firms[0], firms[1]
    codes = [credit_code(FIRST_NUMBER + place, "450821") for place in range(6)]
    return [
        ["2026年平南县科技型企业台账"],
        ["填报单位：平南县科技局", "", "", "", "单位：万元"],
        ["序号", "企业名称", "统一社会信用代码", "所属县区", "注册资本", "联系人"],
        [1, "广西平南锐进智能装备有限公司", codes[0], "平南县", 500, "覃工"],
        [2, "广西平南绿源新材料有限公司", codes[1], "平南县", "1,200", "李会计"],
        [3, "平南县桂江生物科技有限公司", codes[2], "", 300, ""],
        [4, known.name, known.credit_code, "", 860, "韦主任"],
        [5, same.name, codes[3], "平南县", 200, ""],
        [6, "平南县华盛电子有限公司", 9.14508e17, "平南县", 100, ""],
        [7, "平南县金田机械有限公司", codes[4], "平南县", "约三百", ""],
        [8, "广西平南锐进智能装备有限公司", codes[0], "平南县", 500, ""],
        ["合计", "", "", "", 3160],
    ]
