"""Looks at a deployment and says what is dangerous about it. `manage.py check --deploy` asks the brokers as well."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core.checks import Error, Tags, Warning, register


def _is_loopback(host: str) -> bool:
    if host in {"localhost", ""}:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_public() -> bool:
    """True when the product answers to a name that other machines know."""
    return not all(_is_loopback(host) for host in settings.ALLOWED_HOSTS)


@register(Tags.security)
def check_exposure(app_configs, **kwargs):
    """DEBUG, a weak key and cookies without TLS are harmless on loopback and dangerous anywhere else."""
    if not is_public():
        return []
    found = []
    if settings.DEBUG:
        found.append(
            Error("DEBUG is on while ALLOWED_HOSTS names other machines.", hint="Unset DEBUG.", id="cultivar.E001")
        )
    if len(settings.SECRET_KEY) < 32:
        found.append(
            Error("SECRET_KEY is shorter than 32 characters.", hint="Set a long random one.", id="cultivar.E002")
        )
    if "*" in settings.ALLOWED_HOSTS:
        found.append(Error("ALLOWED_HOSTS is '*'.", hint="Name the hosts that serve the site.", id="cultivar.E003"))
    if not settings.SESSION_COOKIE_SECURE:
        hint = "Serve the site over TLS and set SITE_URL=https://…"
        found.append(Warning("Cookies travel without TLS.", hint=hint, id="cultivar.W001"))
    return found


@register(Tags.security, deploy=True)
def check_redis(app_configs, **kwargs):
    """The broker's Redis must never evict: a queue that forgets is worse than one that is down."""
    broker, cache = settings.CELERY_BROKER_URL, settings.CACHES["default"].get("LOCATION", "")
    if not str(broker).startswith(("redis://", "rediss://")):
        return []
    policy = _eviction_policy(broker)
    if policy is None:
        return [Warning("The broker's Redis does not answer.", hint="Check BROKER_URL.", id="cultivar.W002")]
    if policy == "noeviction":
        return []
    shared = urlsplit(str(broker)).netloc == urlsplit(str(cache)).netloc
    what = "The broker and the cache share a Redis that evicts keys" if shared else "The broker's Redis evicts keys"
    hint = "Set maxmemory-policy noeviction for the broker and give the cache a Redis of its own."
    return [Error(f"{what} ({policy}).", hint=hint, id="cultivar.E004")]


def _eviction_policy(url: str) -> str | None:
    try:
        with redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as client:
            return client.info("memory")["maxmemory_policy"]
    except redis.RedisError:
        return None
