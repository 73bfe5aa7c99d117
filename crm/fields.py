"""Kinds of column. The region path says where a row belongs, and its look-up `__under` means "in the region"."""

from __future__ import annotations

from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class CompactEncoder(DjangoJSONEncoder):
    """For documents stored by the hundred thousand: no spaces, Chinese as itself."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "ensure_ascii": False, "separators": (",", ":")})


class PathField(models.CharField):
    """A materialised path such as `450000/450800/450802/`. Filter with `__under` for a node and all below it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 120)
        super().__init__(*args, **kwargs)


@PathField.register_lookup
class Under(models.Lookup):
    """`path__under="450000/450800/"`: prefix search that an index serves on SQLite and on PostgreSQL alike."""

    lookup_name = "under"

    def as_sql(self, compiler, connection):
        column, parameters = self.process_lhs(compiler, connection)
        prefix = str(self.rhs)
        # "0" follows "/" in every byte order, so this half-open range holds exactly the node and its descendants.
        return f"({column} >= %s AND {column} < %s)", [*parameters, prefix, *parameters, prefix[:-1] + "0"]

    def as_sqlite(self, compiler, connection):
        # Without a histogram SQLite takes any range for a narrow one and sorts the whole region for one page of it.
        # Told that most rows match, it walks the index of the order instead, and still counts by this one.
        column, parameters = self.process_lhs(compiler, connection)
        prefix = str(self.rhs)
        bounds = [*parameters, prefix, *parameters, prefix[:-1] + "0"]
        return f"(likely({column} >= %s) AND likely({column} < %s))", bounds

    def as_postgresql(self, compiler, connection):
        # A locale's collation may ignore the slash; LIKE uses the pattern index that Django adds.
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} LIKE %s", [*parameters, str(self.rhs) + "%"]
