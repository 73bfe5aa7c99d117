"""From lines of cells to firms as a published list names them. Pure; what is wrong is told, nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import chain

from django.utils.translation import gettext as _

from crm.errors import UnreadableFile
from crm.identifiers import Unreadable, blank, credit_code, day, is_destroyed, tidy
from crm.tables import Cells, Line

MAX_ROWS = 20_000
HEADER_LINES = 20
NAME_LENGTH = 120
HEADINGS = {
    "seq": ("序号", "编号顺序", "序列"),
    "name": ("企业名称", "单位名称", "公司名称", "申报企业", "申报单位", "企业", "名称", "企业全称"),
    "code": ("统一社会信用代码", "社会信用代码", "信用代码", "统一信用代码", "企业代码"),
    "number": ("证书编号", "登记编号", "入库登记编号", "入库编号", "登记号", "证书号", "编号"),
    "place": (
        "所属地区",
        "所属区域",
        "地区",
        "所在地",
        "所在地区",
        "所属地市",
        "地市",
        "市",
        "县区",
        "所属县区",
        "属地",
    ),
    "granted": ("发证日期", "发证时间", "认定日期", "登记日期"),
}
HELD = {"code": "信用代码", "name": "企业名称", "number": "证书编号"}  # a heading that holds these words
_NOISE = re.compile(r"[\s*＊:：]+")
_NOTE = re.compile(r"[(（].*[)）]$")
CODE_LIKE = re.compile(r"(?<![0-9A-Z])(?:(?=[A-Z]*\d{2})[0-9A-Z]{15,20}|\d(?:\.\d+)?E\+?\d+)(?![0-9A-Z])", re.I)
CERTIFICATE = re.compile(r"(?<![0-9A-Z])G[RFS]\d{12}(?![0-9A-Z])", re.I)  # DOMAIN §2.6
REGISTRATION = re.compile(r"^20\d{8}[0AB][0-9A-Z]{7}$", re.I)  # DOMAIN §1.7; a firm's credit code begins with 9
ENDING = (
    r"(?:公司(?!名称)|合伙[)）]"
    r"|(?:厂|合作社|研究院|研究所|中心|事务所|集团|(?<!技术|中小|瞪羚|培育)企业)(?![\u4e00-\u9fff]))"
)
NAMED = re.compile(rf"[\u4e00-\u9fff(（][^\n]*{ENDING}")
PLACE = re.compile(r"^[\u4e00-\u9fff]{1,10}(?:自治区|省|市|县|区)$")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
BRACKET = re.compile(r"^[(（][^()（）]*[)）]$")
SEQUENCE = re.compile(r"^\s*(\d{1,5})(?:[\s.、．]+|$)")


@dataclass(frozen=True)
class Listed:
    """One line of a published list. `code` is a valid credit code or empty; `wrong` says why a given one is not."""

    line: int
    name: str
    code: str = ""
    number: str = ""
    place: str = ""
    granted: date | None = None
    wrong: tuple[str, ...] = ()
    raw: dict[str, str] = field(default_factory=dict)


@dataclass
class Reading:
    """What was found in a list, and the lines that were taken for titles and remarks."""

    rows: list[Listed] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def read_list(lines: Iterable[Line]) -> Reading:
    """Every firm of a list: by its headings where it has them, else by what names, codes and numbers look like.

    Raises UnreadableFile when no firm is found, or more than 20,000.
    """
    start: list[Line] = []
    stream, columns = iter(lines), {}
    for line in stream:
        start.append(line)
        if (columns := columns_of(line.cells)) or len(start) >= HEADER_LINES:
            break
    reading = Reading()
    if columns:
        reading.skipped = [_joined(line.cells) for line in start[:-1] if _joined(line.cells)]
        found = _by_headings(stream, start[-1].cells, columns)
    else:
        found = _by_pattern(chain(start, stream), reading.skipped)
    for row in found:
        if len(reading.rows) >= MAX_ROWS:
            raise UnreadableFile(_("名单超过 {limit} 行；请拆分后上传").format(limit=MAX_ROWS))
        reading.rows.append(row)
    if not reading.rows:
        raise UnreadableFile(_("没有找到企业；请上传带“企业名称”表头的表格，或每行粘贴一家企业"))
    return reading


def columns_of(cells: Cells) -> dict[str, int]:
    """Which column holds what, by heading; empty unless the line names a firm's name or code."""
    columns: dict[str, int] = {}
    for index, cell in enumerate(cells):
        meaning = _meaning(tidy(cell))
        if meaning and meaning not in columns:
            columns[meaning] = index
    return columns if {"name", "code"} & set(columns) else {}


def _meaning(heading: str) -> str:
    plain = _NOTE.sub("", _NOISE.sub("", heading))
    for meaning, names in HEADINGS.items():
        if plain in names:
            return meaning
    held = [meaning for meaning, words in HELD.items() if words in plain]
    return held[0] if len(held) == 1 and len(plain) <= 24 and "序号" not in plain else ""


def _by_headings(lines: Iterable[Line], header: Cells, columns: dict[str, int]) -> Iterator[Listed]:
    headings = [tidy(cell) for cell in header]
    for line in lines:
        if all(blank(cell) for cell in line.cells) or columns_of(line.cells) == columns:
            continue  # an empty line, or the heading again on the next page
        said = {name: line.cells[index] for name, index in columns.items() if index < len(line.cells)}
        if blank(said.get("name")) and blank(said.get("code")):
            continue
        raw = {
            heading or f"第{index + 1}列": text
            for index, heading in enumerate(headings)
            if index < len(line.cells) and (text := tidy(line.cells[index]))
        }
        yield listed(line.number, raw=raw, **said)


def listed(line: int, *, raw: dict[str, str], **said: object) -> Listed:
    """A row from what its cells say."""
    wrong: list[str] = []
    name, code, granted = str(said.get("name") or ""), "", None
    if any(is_destroyed(cell) for cell in said.values()):
        wrong.append(_("文字在来源处已损坏（含无法还原的字符），未作猜测"))
    if not blank(said.get("code")):
        try:
            code = credit_code(said["code"])
        except Unreadable as error:
            wrong.append(str(error))
    try:
        granted = day(said.get("granted"))
    except Unreadable:
        granted = None  # the list's own date stands; the cell is shown with the row
    return Listed(
        line=line,
        name="" if blank(name) else tidy(name)[:NAME_LENGTH],
        code=code,
        number=number_of(said.get("number")),
        place="" if blank(said.get("place")) else tidy(said["place"])[:60],
        granted=granted,
        wrong=tuple(wrong),
        raw=raw,
    )


def number_of(value: object) -> str:
    """A certificate or registration number as stored: upper case, no spaces."""
    return "" if blank(value) else re.sub(r"\s+", "", tidy(value)).upper()[:40]


def _by_pattern(lines: Iterable[Line], skipped: list[str]) -> Iterator[Listed]:
    for number, text in _records(lines):
        said = split(text)
        if not said.get("name") and not said.get("code"):
            skipped.append(text[:200])
            continue
        yield listed(number, raw={_("原文"): text[:400]}, **said)


def _records(lines: Iterable[Line]) -> Iterator[tuple[int, str]]:
    """Lines joined where a name was broken: one that goes on has no number in front while its record had one."""
    number, numbered = 0, False
    parts: list[str] = []
    for line in lines:
        text = _joined(line.cells)
        if not text:
            continue
        goes_on = numbered and not SEQUENCE.match(text) and not NAMED.search("\t".join(parts))
        if parts and not goes_on:
            yield number, "\t".join(parts)
            parts = []
        if not parts:
            number, numbered = line.number, bool(SEQUENCE.match(text))
            parts = [text]
        else:
            parts = [parts[0] + text]
    if parts:
        yield number, "\t".join(parts)


def _joined(cells: Cells) -> str:
    return "\t".join(text for cell in cells if (text := tidy(cell)))


def split(text: str) -> dict[str, object]:
    """The name, code, number and place in one line of text."""
    said: dict[str, object] = {}
    rest = SEQUENCE.sub("", text, count=1)
    for pattern in (CERTIFICATE, CODE_LIKE):
        for found in pattern.findall(rest):
            kind = "number" if pattern is CERTIFICATE or REGISTRATION.match(found) else "code"
            said.setdefault(kind, found.upper())
        rest = pattern.sub("\t", rest)
    pieces = [piece for cell in rest.split("\t") if (piece := cell.strip())]
    named = next((piece for piece in pieces if NAMED.search(piece)), "")
    if named:
        said["name"], place = _name_in(named)
        others = [piece for piece in pieces if piece is not named and PLACE.match(piece)]
        said["place"] = place or (others[0] if others else "")
    return said


def _name_in(piece: str) -> tuple[str, str]:
    """The name inside a piece of text, and the place that stands before or after it. Spaces may break the name."""
    words = [word for word in piece.split(" ") if CHINESE.search(word)]
    place = ""
    if len(words) > 1 and PLACE.match(words[0]) and any(NAMED.search(word) for word in words[1:]):
        place = words.pop(0)
    last = next((index for index, word in enumerate(words) if NAMED.search(word)), len(words) - 1)
    after = words[last + 1 :]
    while after and BRACKET.match(after[0]):  # （有限合伙） belongs to the name
        last, after = last + 1, after[1:]
    return " ".join(words[: last + 1]), place or next((word for word in after if PLACE.match(word)), "")
