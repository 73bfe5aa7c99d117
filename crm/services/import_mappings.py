"""What a person says of the columns of a sheet, and the names under which it is remembered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crm.columns import Layout, heading_keys, layout_of
from crm.errors import InvalidInput
from crm.fact_codes import FACT_CODES
from crm.headings import FACT, FIELD_LABELS, UNITS, Meaning, is_money
from crm.models import Firm, Import, ImportMapping, User
from crm.services.firms import require_writer
from crm.services.import_reading import seen_lines


def field_label(field: str) -> str:
    if field.startswith(FACT):
        return str(FACT_CODES[field.removeprefix(FACT)].label)
    return str(FIELD_LABELS[field])


def firm_field(name: str) -> Any:
    """A column of the firm's table."""
    return Firm._meta.get_field(name)


def layout_at(batch: Import, *, header_line: int, height: int) -> Layout:
    """The heading that ends in this line, as it is understood by itself. Raises InvalidInput."""
    lines = seen_lines(batch)
    place = next((index for index, line in enumerate(lines) if line.number == header_line), None)
    if place is None or height not in (1, 2) or place + 1 < height:
        raise InvalidInput(_("表头行须在前 {count} 行之内；请重新选择").format(count=len(lines)))
    return layout_of(lines[place + 1 - height : place + 1])


def layout_said(batch: Import, *, header_line: int, height: int, meanings: Mapping[int, Meaning]) -> Layout:
    """The layout as a person says it. Raises InvalidInput with everything that is wrong with it."""
    layout = layout_at(batch, header_line=header_line, height=height)
    if reasons := mapping_problems(meanings):
        raise InvalidInput(*reasons)
    return layout.with_meanings(meanings)


def mapping_problems(meanings: Mapping[int, Meaning]) -> list[str]:
    """Every reason why these columns cannot be imported so."""
    said = [meaning for meaning in meanings.values() if meaning.field]
    known = {*FIELD_LABELS, *(f"{FACT}{code}" for code in FACT_CODES)}
    reasons = [_("没有字段“{field}”").format(field=m.field) for m in said if m.field not in known]
    said = [meaning for meaning in said if meaning.field in known]
    if not any(meaning.field == "credit_code" for meaning in said):
        reasons.append(_("还没有指定“统一社会信用代码”是哪一列：它是识别企业的关键"))
    if len({meaning.field for meaning in said}) < 2:
        reasons.append(_("除代码外请至少再对应一列"))
    seen: set[tuple[str, int]] = set()
    for field, unit, year in said:
        if (field, year) in seen:
            reasons.append(_("“{label}”对应了两列；请只保留一列").format(label=field_label(field)))
        if unit and not (is_money(field) and unit in UNITS):
            reasons.append(_("“{label}”不能用单位“{unit}”").format(label=field_label(field), unit=unit))
        seen.add((field, year))
    return list(dict.fromkeys(reasons))


def save_mapping(
    batch: Import, *, name: str, header_line: int, height: int, meanings: Mapping[int, Meaning], actor: User | None
) -> ImportMapping:
    """Remember what was said under a name; the same heading is known again. Raises InvalidInput."""
    require_writer(actor, batch.region_path)
    layout = layout_said(batch, header_line=header_line, height=height, meanings=meanings)
    name = name.strip()
    if not name or len(name) > 60:
        raise InvalidInput(_("请给这套列对应起一个 60 字以内的名称"))
    keys = heading_keys(layout.headings)
    columns = {key: list(meanings.get(index) or Meaning("")) for index, key in enumerate(keys) if key}
    said = {"signature": layout.signature, "columns": columns, "actor": actor}
    found = ImportMapping.objects.filter(name=name).first()
    if found and found.signature != layout.signature:
        raise InvalidInput(_("名称“{name}”已用于另一种表头；请换一个名称").format(name=name))
    try:
        with transaction.atomic():
            return ImportMapping.objects.update_or_create(name=name, defaults=said)[0]
    except IntegrityError:
        raise InvalidInput(_("名称“{name}”刚被他人使用；请换一个名称").format(name=name)) from None
