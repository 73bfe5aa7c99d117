"""The product's settings, made fast and self-contained for tests."""

import os
import tempfile
import zlib

# A folder for each checkout and user: two that test at the same time do not share their databases.
_CHECKOUT = f"{os.getuid()}-{zlib.crc32(os.path.dirname(os.path.abspath(__file__)).encode()):08x}"
os.environ.setdefault("VAR_DIR", os.path.join(tempfile.gettempdir(), f"cultivar-tests-{_CHECKOUT}"))
_BROKER = os.environ.pop("BROKER_URL", "")  # only tests that start real processes use it: see tests/processes.py

from config.settings import *  # noqa: E402, F403

REAL_BROKER_URL = _BROKER
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS: dict = {}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file, because threads of one process must not share an in-memory connection's locks.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR / "test.sqlite3")}  # noqa: F405
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"  # noqa: F405
else:
    DATABASES["default"]["OPTIONS"] = {}  # noqa: F405  a pool would outlive the test database
EMAIL_BACKEND = "notifications.backends.MailboxBackend"
STORAGES["default"] = {"BACKEND": "django.core.files.storage.InMemoryStorage"}  # noqa: F405
ALLOWED_HOSTS = ["*"]
AXES_ENABLED = True
