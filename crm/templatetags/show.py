"""How values look on every page: numbers, days, money. Pure filters."""

from django import template

register = template.Library()
