"""What firms are found by, one narrow row each, so that finding a word does not read the library."""

from __future__ import annotations

from django.db import models

from crm.access import scope_of
from crm.fields import PathField
from crm.search import is_mark, mark_term, name_terms


class NamesField(models.TextField):
    """Names, a line each. `__holds="南智造"` finds it anywhere in a line."""


class MarksField(models.TextField):
    """Codes and initials, each after a line's end. `__begins="9145"` finds the beginning of a line."""


@NamesField.register_lookup
class Holds(models.Lookup):
    lookup_name = "holds"

    def as_sql(self, compiler, connection):
        column, parameters = self.process_lhs(compiler, connection)
        return f"instr({column}, %s) > 0", [*parameters, self.rhs]

    def as_postgresql(self, compiler, connection):
        # Pairs of characters are what the index knows; that they follow each other is seen in the row.
        column, parameters = self.process_lhs(compiler, connection)
        pairs, holds = f"crm_name_terms({column}) @> %s::text[]", f"strpos({column}, %s) > 0"
        known = name_terms(self.rhs)
        if not known:
            return holds, [*parameters, self.rhs]
        if len(self.rhs) == 2:
            return pairs, [*parameters, known]
        return f"({pairs} AND {holds})", [*parameters, known, *parameters, self.rhs]


@MarksField.register_lookup
class Begins(models.Lookup):
    lookup_name = "begins"

    def as_sql(self, compiler, connection):
        column, parameters = self.process_lhs(compiler, connection)
        return f"instr({column}, %s) > 0", [*parameters, f"\n{self.rhs}"]

    def as_postgresql(self, compiler, connection):
        column, parameters = self.process_lhs(compiler, connection)
        term = mark_term(self.rhs)
        begins = f"crm_mark_terms({column}) @> %s::text[]"
        if term == self.rhs:
            return begins, [*parameters, [term]]
        return f"({begins} AND strpos({column}, %s) > 0)", [*parameters, [term], *parameters, f"\n{self.rhs}"]


class FirmSearchQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope_of(user).q())

    def matching(self, key: str):
        """Rows that hold the key of a name (`identifiers.name_key`), or begin with it as a code or as initials."""
        wanted = models.Q(names__holds=key)
        return self.filter(wanted | models.Q(marks__begins=key) if is_mark(key) else wanted)


class FirmSearch(models.Model):
    """Names of today and before, contact persons; credit code and initials. Kept by `services.search`."""

    firm = models.OneToOneField("crm.Firm", models.CASCADE, primary_key=True, related_name="search")
    region_path = PathField(db_index=True, editable=False)
    names = NamesField()
    marks = MarksField()

    objects = FirmSearchQuerySet.as_manager()

    def __str__(self) -> str:
        return self.names.partition("\n")[0]
