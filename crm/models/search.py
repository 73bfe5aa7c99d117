"""What firms are found by, one narrow row each, so that finding a word does not read the library."""

from __future__ import annotations

from typing import Any

from django.db import models

from crm.access import scope_of
from crm.fields import PathField
from crm.search import is_mark, mark_term, name_terms


class NamesField(models.TextField):
    """Names, a line each. `__holds="南智造"` finds it anywhere in a line, `__says` the same without an index."""


class MarksField(models.TextField):
    """Codes and initials, each after a line's end. `__begins="9145"` finds the beginning of a line by an index."""


@NamesField.register_lookup
@MarksField.register_lookup
class Says(models.Lookup):
    """The row holds the text: for rows that are known already."""

    lookup_name = "says"

    def as_sql(self, compiler, connection):
        column, parameters = self.process_lhs(compiler, connection)
        return f"instr({column}, %s) > 0", [*parameters, self.text]

    def as_postgresql(self, compiler, connection):
        column, parameters = self.process_lhs(compiler, connection)
        return f"strpos({column}, %s) > 0", [*parameters, self.text]

    @property
    def text(self) -> str:
        return str(self.rhs)


@NamesField.register_lookup
class Holds(Says):
    lookup_name = "holds"

    def as_postgresql(self, compiler, connection):
        # Pairs of characters are what the index knows; that they follow each other is seen in the row.
        said, known = super().as_postgresql(compiler, connection), name_terms(self.rhs)
        column, parameters = self.process_lhs(compiler, connection)
        pairs = (f"crm_name_terms({column}) @> %s::text[]", [*parameters, known])
        if not known:
            return said
        return pairs if len(self.rhs) == 2 else _both(pairs, said)


@MarksField.register_lookup
class Begins(Says):
    lookup_name = "begins"

    def as_postgresql(self, compiler, connection):
        said, term = super().as_postgresql(compiler, connection), mark_term(self.rhs)
        column, parameters = self.process_lhs(compiler, connection)
        begins = (f"crm_mark_terms({column}) @> %s::text[]", [*parameters, [term]])
        return begins if term == self.rhs else _both(begins, said)

    @property
    def text(self) -> str:
        return f"\n{self.rhs}"


Clause = tuple[str, list[Any]]


def _both(one: Clause, other: Clause) -> Clause:
    return f"({one[0]} AND {other[0]})", [*one[1], *other[1]]


class FirmSearchQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope_of(user).q())

    def matching(self, key: str):
        """Rows that hold the key of a name (`identifiers.name_key`), or begin with it as a code or as initials."""
        wanted = models.Q(names__holds=key)
        return self.filter(wanted | models.Q(marks__begins=key) if is_mark(key) else wanted)

    def of_firm(self, key: str):
        """The row of the firm that a query around this one speaks of, where it matches the key."""
        wanted = models.Q(names__says=key)
        if is_mark(key):
            wanted |= models.Q(marks__says=f"\n{key}")
        return self.filter(wanted, firm=models.OuterRef("pk"))


class FirmSearch(models.Model):
    """Names of today and before, contact persons; credit code and initials. Kept by `services.search`."""

    firm = models.OneToOneField("crm.Firm", models.CASCADE, primary_key=True, related_name="search")
    region_path = PathField(db_index=True, editable=False)
    names = NamesField()
    marks = MarksField()

    objects = FirmSearchQuerySet.as_manager()

    def __str__(self) -> str:
        return self.names.partition("\n")[0]
