"""What firms are found by, one narrow row each, so that finding a word does not read the library."""

from __future__ import annotations

from django.db import models

from crm.access import scope_of
from crm.fields import PathField
from crm.search import is_mark, mark_term, name_terms


class NamesField(models.TextField):
    """Names, a line each. `__holds="南智造"` finds it anywhere in a line, `__says` the same without an index."""


class MarksField(models.TextField):
    """Codes and initials, each after a line's end. `__begins="9145"` finds the beginning of a line, `__opens` the same
    without an index."""


@NamesField.register_lookup
class Says(models.Lookup):
    """The row holds the text: for rows that are known already."""

    lookup_name = "says"

    def as_sql(self, compiler, connection):
        return self._in_row("instr", compiler, connection)

    def as_postgresql(self, compiler, connection):
        return self._in_row("strpos", compiler, connection)

    def _in_row(self, function, compiler, connection):
        column, parameters = self.process_lhs(compiler, connection)
        return f"{function}({column}, %s) > 0", [*parameters, self.text]

    @property
    def text(self) -> str:
        return str(self.rhs)


@MarksField.register_lookup
class Opens(Says):
    """A line of the row begins with the text."""

    lookup_name = "opens"

    @property
    def text(self) -> str:
        return f"\n{self.rhs}"


class Indexed(Says):
    """The same by an index on PostgreSQL: `function` makes its terms of a row; what they leave open is seen there."""

    function = ""

    def terms(self) -> list[str]:
        raise NotImplementedError

    def as_postgresql(self, compiler, connection):
        said, own = super().as_postgresql(compiler, connection)
        terms = self.terms()
        if not terms:
            return said, own
        column, parameters = self.process_lhs(compiler, connection)
        known = f"{self.function}({column}) @> %s::text[]"
        if terms == [self.rhs]:
            return known, [*parameters, terms]
        return f"({known} AND {said})", [*parameters, terms, *own]


@NamesField.register_lookup
class Holds(Indexed):
    lookup_name, function = "holds", "crm_name_terms"

    def terms(self) -> list[str]:
        return name_terms(self.rhs)


@MarksField.register_lookup
class Begins(Indexed, Opens):
    lookup_name, function = "begins", "crm_mark_terms"

    def terms(self) -> list[str]:
        return [mark_term(self.rhs)]


class FirmSearchQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope_of(user).q())

    def matching(self, key: str):
        """Rows that hold the key of a name (`identifiers.name_key`), or begin with it as a code or as initials."""
        return self._called(key, "holds", "begins")

    def of_firm(self, key: str):
        """The row of the firm that a query around this one speaks of, where it matches the key."""
        return self._called(key, "says", "opens").filter(firm=models.OuterRef("pk"))

    def _called(self, key: str, name: str, mark: str):
        wanted = models.Q((f"names__{name}", key))
        return self.filter(wanted | models.Q((f"marks__{mark}", key)) if is_mark(key) else wanted)


class FirmSearch(models.Model):
    """Names of today and before, contact persons; credit code and initials. Kept by `services.search`."""

    firm = models.OneToOneField("crm.Firm", models.CASCADE, primary_key=True, related_name="search")
    region_path = PathField(db_index=True, editable=False)
    names = NamesField()
    marks = MarksField()

    objects = FirmSearchQuerySet.as_manager()

    def __str__(self) -> str:
        return self.names.partition("\n")[0]
