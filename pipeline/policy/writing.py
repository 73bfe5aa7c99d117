"""An edition as a YAML file, as it would be written by hand: in reading order, numbers without quotes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from pipeline.policy.sources import number

# The keys in the order in which an edition is read; the others follow by name.
ORDER = tuple(
    """programme region edition code title title_en label label_en ask ask_en workflow source status effective_from
    effective_to dates_status data_year new_firms rule field flag is kind value tiers by from over upto under bands
    expert holds best_of sum_of steps points otherwise max open of waived since caveats bases precedence flags
    measures score routes criteria triggers levers""".split()  # noqa: SIM905  thirty quoted words read worse
)
NUMBERS = frozenset(
    """value from over upto under points otherwise max year years intervals when_zero share cap data_year within_years
    rank_at_most of_year per effort""".split()  # noqa: SIM905
)


def to_yaml(content: Mapping[str, Any]) -> str:
    """The stored content as YAML; read again, it gives the same edition with the same digest."""
    return yaml.dump(_ordered(content), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)


class _Number(str):
    """A number as it stands in the content."""


class _Dumper(yaml.SafeDumper):
    """Writes a number without quotes, and a list a little further in than its key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        return super().increase_indent(flow, False)


def _plain(dumper: yaml.SafeDumper, value: _Number) -> yaml.Node:
    return dumper.represent_scalar(f"tag:yaml.org,2002:{'float' if '.' in value else 'int'}", str(value))


_Dumper.add_representer(_Number, _plain)


def _ordered(value: Any, key: str = "") -> Any:
    if isinstance(value, Mapping):
        places = {name: place for place, name in enumerate(ORDER)}
        names = sorted(value, key=lambda name: (places.get(name, len(ORDER)), name))
        return {name: _ordered(value[name], name) for name in names}
    if isinstance(value, list):
        return [_ordered(item, key) for item in value]
    return _Number(value) if key in NUMBERS and number(value) is not None else value
