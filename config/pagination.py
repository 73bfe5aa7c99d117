"""Keyset pages for the API. This module imports no view, so that REST framework can load it early."""

from django.core.exceptions import ValidationError
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination


class KeysetPagination(CursorPagination):
    """`?cursor=…&page_size=…`; views order by an indexed column that ends in the primary key."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = "-pk"

    def get_ordering(self, request, queryset, view):
        """The view's own order: its queryset is already sorted."""
        return tuple(queryset.query.order_by) or (self.ordering,)

    def paginate_queryset(self, queryset, request, view=None):
        """A cursor whose position is no value of the column is as unknown as one that cannot be decoded."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, ValidationError):
            raise NotFound(self.invalid_cursor_message) from None
