"""Reads JSON text so that nothing in it is lost: numbers stay exact, a name that stands twice is remembered."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from django.utils.translation import gettext as _

from crm.errors import InvalidInput

MOST_BYTES = 256 * 1024  # the facts of a firm take a few thousand
MOST_DIGITS = 40


class Object(dict):
    """A JSON object, and the names that stand in it more than once."""

    repeated: tuple[str, ...] = ()


def read_json(raw: bytes | str) -> Any:
    """The document. A decimal, NaN or Infinity stays text, for the reader of its field to judge.

    Raises InvalidInput with one sentence for what is too long, is not JSON, or cannot be shown again.
    """
    try:
        body = raw.encode() if isinstance(raw, str) else raw
        if len(body) > MOST_BYTES:
            raise InvalidInput(_("内容超过 {size} KB；请只提交一家企业的数据").format(size=MOST_BYTES // 1024))
        text = body.decode("utf-8-sig")
        if not text.strip():
            raise InvalidInput(_("没有内容；请提交 JSON 对象"))
        return _loaded(text)
    except json.JSONDecodeError as error:
        place = _("不是有效的 JSON：第 {line} 行第 {column} 列附近有误")
        raise InvalidInput(place.format(line=error.lineno, column=error.colno)) from None
    except RecursionError:
        raise InvalidInput(_("JSON 嵌套过深")) from None
    except UnicodeError:
        raise InvalidInput(_("内容不是有效的 UTF-8 文字")) from None


def _loaded(text: str) -> Any:
    found = json.loads(text, object_pairs_hook=_object, parse_float=str, parse_int=_whole, parse_constant=str)
    json.dumps(found, ensure_ascii=False).encode()  # half of a character, written \ud83d, could not be answered
    return found


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= MOST_DIGITS else digits


def _object(pairs: list[tuple[str, Any]]) -> Object:
    found = Object(pairs)
    if len(found) < len(pairs):
        times = Counter(name for name, _value in pairs)
        found.repeated = tuple(name for name, count in times.items() if count > 1)
    return found
