"""How often one address may ask for a public page. Counted in the cache: where that is away, everybody is let in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from axes.helpers import get_client_ip_address
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

MINUTE = 60


def limited(
    name: str, *, per_minute: int, posts_only: bool = False
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Answer 429, in words, to the requests of one address beyond so many a minute; `posts_only` lets others by."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            counts = request.method == "POST" or not posts_only
            if counts and _asked(f"limit:{name}:{get_client_ip_address(request)}") > per_minute:
                answer = render(request, "429.html", status=429)
                answer["Retry-After"] = str(MINUTE)
                return answer
            return view(request, *args, **kwargs)

        return wrapped

    return decorate


def _asked(key: str) -> int:
    """How many times within the minute that the first one began, this one included."""
    cache.add(key, 0, MINUTE)
    try:
        return cache.incr(key)
    except ValueError:  # the minute ended in between
        return 1
