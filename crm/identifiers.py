"""Reads what people type or Excel exports: credit codes, names, dates. Pure functions; nothing is guessed."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from functools import lru_cache

from django.utils.translation import gettext as _
from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, InvalidLength, ValidationError

EXCEL_DIGITS = 15  # a spreadsheet keeps this many digits of a number and replaces the rest with noughts
_SEPARATORS = re.compile(r"[\s\-‐-―_·.]+")
_SCIENTIFIC = re.compile(r"^\d(\.\d+)?[eE]\+?\d+$")
_ZERO_FILLED = re.compile(r"^\d{15}0{3}$")
_CODE_VALUES = {sign: value for value, sign in enumerate("0123456789ABCDEFGHJKLMNPQRTUWXY")}  # GB 32100-2015 表 1
_CODE_WEIGHTS = [3**place % 31 for place in range(17)]
_SHAPE = re.compile(r"[0-9]{8}[0-9A-HJ-NPQRTUWXY]{10}\Z")
_DESTROYED = re.compile("[\ufffd\ud800-\udfff]")
_NAME_NOISE = re.compile(r"[\s()（）\[\]【】〔〕「」《》<>\"'“”‘’·・.,，。、\-—_&＆]+")
_EMPTY_WORDS = {"", "n/a", "na", "null", "none", "-", "--", "—", "/", "无", "暂无", "不详"}
# Full-width digits and letters only: full-width brackets belong to Chinese company names and stay.
_WIDE = [*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B)]
_CONTROL = [
    code for code in range(0x20) if not chr(code).isspace()
]  # a database refuses NUL, a page shows none of them
_HALF_WIDTH: dict[int, int | None] = {wide: wide - 0xFEE0 for wide in _WIDE} | dict.fromkeys(
    [*_CONTROL, 0xFEFF, 0x200B]
)


class Unreadable(ValueError):
    """A cell that cannot be used; the message says why and what to do, in the user's language."""


def tidy(value: object) -> str:
    """The text of a cell: trimmed, inner white space folded, full-width digits and letters made half-width."""
    return _tidied(value if isinstance(value, str) else "" if value is None else str(value))


@lru_cache(maxsize=1024)  # an import looks at each cell several times, and registers repeat themselves
def _tidied(text: str) -> str:
    return " ".join(text.translate(_HALF_WIDTH).split())


def blank(value: object) -> bool:
    """True for the many ways a register writes "nothing": empty, N/A, 无, a dash."""
    return not said(value)


def said(value: object) -> str:
    """The text of a cell as `tidy` gives it, and nothing where it only says that there is nothing."""
    text = tidy(value)
    return "" if text.lower() in _EMPTY_WORDS else text


def is_destroyed(value: object) -> bool:
    """True when a wrong decoding has already replaced characters; the original cannot be recovered from here."""
    return _DESTROYED.search(value if isinstance(value, str) else str(value or "")) is not None


def credit_code(value: object) -> str:
    """The unified social credit code in its one form: 18 characters, upper case.

    Raises Unreadable when it is not one: wrong length, a letter the standard leaves out, destroyed by a
    spreadsheet, or a false check digit (GB 32100-2015).
    """
    text = _SEPARATORS.sub("", unicodedata.normalize("NFKC", str(value if value is not None else ""))).upper()
    if not text:
        raise Unreadable(_("缺少统一社会信用代码；请补上 18 位代码"))
    raw = str(value).strip()
    if _SCIENTIFIC.match(raw) or (isinstance(value, int | float) and len(text) > EXCEL_DIGITS):
        raise Unreadable(_("Excel 已损坏该代码（{raw}）；请把该列设为文本格式后重新填写").format(raw=raw))
    if len(set(text)) == 1 and len(text) > 1:
        raise Unreadable(_("统一社会信用代码“{code}”不是有效代码；请核对营业执照").format(code=text))
    if _is_sound(text):
        return text
    try:
        return uscc.validate(text)
    except InvalidLength:
        reason = _("统一社会信用代码“{code}”为 {length} 位，应为 18 位；请核对营业执照")
        raise Unreadable(reason.format(code=text, length=len(text))) from None
    except InvalidChecksum:
        raise Unreadable(_false_check_digit(text)) from None
    except ValidationError:
        reason = _("统一社会信用代码“{code}”含有不允许的字符（不使用 I、O、S、V、Z）；请核对营业执照")
        raise Unreadable(reason.format(code=text)) from None


def _is_sound(text: str) -> bool:
    """Whether nothing is wrong with a code; what is, the library says. A register has a hundred thousand of them."""
    if not _SHAPE.match(text):
        return False
    rest = sum(_CODE_VALUES[sign] * weight for sign, weight in zip(text, _CODE_WEIGHTS, strict=False)) % 31
    return _CODE_VALUES[text[17]] == (31 - rest) % 31


def _false_check_digit(text: str) -> str:
    if _ZERO_FILLED.match(text):
        return _("Excel 已损坏该代码（{raw} 末三位被改为 0）；请把该列设为文本格式后重新填写").format(raw=text)
    reason = _("统一社会信用代码“{code}”校验位不符：前 17 位对应的末位是 {right}；请核对营业执照")
    return reason.format(code=text, right=uscc.calc_check_digit(text[:-1]))


def name_key(name: str) -> str:
    """What two spellings of one company name share: no brackets, spaces or width differences, lower case."""
    return _NAME_NOISE.sub("", unicodedata.normalize("NFKC", name)).lower()


_DAY_PATTERNS = (
    re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$"),
    re.compile(r"^(\d{4})(\d{2})(\d{2})(?:\.0)?$"),
    re.compile(r"^(\d{4})[-/.年](\d{1,2})月?$"),  # a month alone: its first day
)
_SERIAL = re.compile(r"^(\d{5})(?:\.\d+)?$")
_SERIAL_START = date(1899, 12, 30)  # day 0 of a spreadsheet that holds its days as numbers
_SERIALS = range(14_611, 73_051)  # 1940 to 2099
_LOST_NOUGHT = re.compile(r"^\d{4}\.\d$")


def day(value: object) -> date | None:
    """A calendar day from `1981-09-10`, `1981/9/10`, `1981.9.10`, `1981年9月10日`, a date cell or a spreadsheet's
    serial number; a month alone (`2023年5月`) is its first day; None when empty.

    Raises Unreadable, also for a number such as 2023.1: a spreadsheet makes that of 2023.10.
    """
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    if blank(value):
        return None
    text = tidy(value).split(" ")[0]
    if _LOST_NOUGHT.match(text) and (text.endswith(".1") or isinstance(value, float)):
        raise Unreadable(
            _("日期“{value}”分不清是 1 月还是 10 月（Excel 会去掉末尾的 0）；请写成 2023-10").format(value=text)
        )
    if (serial := _SERIAL.match(text)) and int(serial[1]) in _SERIALS:
        return _SERIAL_START + timedelta(days=int(serial[1]))
    for pattern in _DAY_PATTERNS:
        if found := pattern.match(text):
            try:
                return date(*(*map(int, found.groups()), 1)[:3])
            except ValueError:
                break
    raise Unreadable(_("日期“{value}”无法识别；请写成 2023-05-31").format(value=value))
