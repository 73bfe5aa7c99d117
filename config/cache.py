"""A Redis cache that may vanish: every call then answers as if the key were absent, and the page still works."""

import logging
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

logger = logging.getLogger(__name__)


def _fail_open(name: str, absent: Any) -> Callable:
    operation = getattr(RedisCache, name)

    def call(self, *args, **kwargs):
        try:
            return operation(self, *args, **kwargs)
        except (RedisConnectionError, RedisTimeoutError) as error:
            logger.warning("cache %s skipped: %s", name, error)
            return absent() if callable(absent) else absent

    call.__name__ = name
    return call


class FailOpenRedisCache(RedisCache):
    """Sessions, lock-outs and locks never live here, so forgetting is harmless."""

    add = _fail_open("add", True)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        try:
            return super().get(key, default, version=version)
        except (RedisConnectionError, RedisTimeoutError) as error:
            logger.warning("cache get skipped: %s", error)
            return default

    set = _fail_open("set", None)
    touch = _fail_open("touch", False)
    delete = _fail_open("delete", False)
    get_many = _fail_open("get_many", dict)
    set_many = _fail_open("set_many", list)
    delete_many = _fail_open("delete_many", None)
    has_key = _fail_open("has_key", False)
    incr = _fail_open("incr", 1)
