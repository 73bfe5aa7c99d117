"""Every setting of the product. What depends on the machine is read from the environment by `config.env`."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = env.var_directory(BASE_DIR / "var")

# The machine -----------------------------------------------------------------------------------------------------

DEBUG = env.boolean("DEBUG", False)
SECRET_KEY = env.secret_key(VAR)
SITE_URL = env.site_url()
SITE_HOST = urlsplit(SITE_URL).hostname or "127.0.0.1"
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]", SITE_HOST])
CSRF_TRUSTED_ORIGINS = [SITE_URL]
REDIS_SERVER_BIN = env.executable("REDIS_SERVER_BIN")
POLICY_DIRS = [BASE_DIR / "pipeline" / "policies", *env.directories("POLICY_DIRS")]

DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{VAR / 'db.sqlite3'}")}
if env.text("DATABASE_REPLICA_URL"):
    DATABASES["replica"] = env.database("DATABASE_REPLICA_URL", "") | {"TEST": {"MIRROR": "default"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_SOCKET = env.redis_socket(VAR)
CACHES = {"default": env.cache(REDIS_SOCKET)}
STORAGES = {
    "default": env.files(VAR),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
VIRUS_SCANNER = env.virus_scanner()
globals().update(env.email())
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", f"育企 Cultivar <noreply@{SITE_HOST}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_USE_LOCALTIME = True  # the Date of a mail in Shanghai's hours

# The product -----------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config",
    "notifications",
    "pipeline",
    "crm",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.RequestIdMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.ChosenLocaleMiddleware",
    "config.middleware.NoNulMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "config.context.frame",
            ],
            "builtins": ["crm.templatetags.show", "django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

# Language and time: days are Shanghai's, instants are UTC ------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# Who may come in --------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "crm.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "config.accounts.LongEnough", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_ADAPTER = "config.accounts.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {"login_failed": None}  # axes counts failed log-ins; two counters would hide each other
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Cultivar"

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ACCESS_FAILURE_LOG = True
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_IPWARE_PROXY_COUNT = env.whole_number("PROXY_COUNT", 0, least=0) or None
AXES_VERBOSE = False

SESSION_COOKIE_AGE = 8 * 3600  # a working day
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE_URL.startswith("https:")
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SESSION_COOKIE_SECURE else None
SECURE_HSTS_SECONDS = 31_536_000 if SESSION_COOKIE_SECURE else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ("/api/v1/docs/",),
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

# The interface for programs ----------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.SessionAuthentication",
        "rest_framework.authentication.TokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "config.pagination.KeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_RATES": {"lookup": "20/min", "preview": "120/min"},
    "EXCEPTION_HANDLER": "config.api.exception_handler",
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Cultivar API",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {"ListKindEnum": "pipeline.listing.ListKind"},
    "SCHEMA_PATH_PREFIX": r"/api/v1",
}

# Background work: the broker carries only "run now"; what is due lives in rows ----------------------------------

CELERY_BROKER_URL = env.broker(REDIS_SOCKET)
if CELERY_BROKER_URL.startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 3600,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.05,
        "interval_max": 0.1,
    }
CELERY_TIMEZONE = TIME_ZONE
CELERY_ENABLE_UTC = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BEAT_MAX_LOOP_INTERVAL = 30
MESSAGE_DELIVER_SECONDS = env.whole_number("MESSAGE_DELIVER_SECONDS", 60, least=1)
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "plan the reminders due today": {
        "task": "notifications.tasks.plan_reminders",
        "schedule": crontab(hour="8", minute="0"),
    },
    "plan again what a failed morning left": {
        "task": "notifications.tasks.plan_reminders",
        "schedule": crontab(hour="9-20", minute="5"),
    },
    "deliver the messages that are due": {
        "task": "notifications.tasks.deliver_messages",
        "schedule": timedelta(seconds=MESSAGE_DELIVER_SECONDS),
        # What a worker finds when it comes back is one task, not one for each minute that it was away.
        "options": {"expires": max(MESSAGE_DELIVER_SECONDS, 10)},
    },
    "send the weekly gap mail on the first working day": {
        "task": "notifications.tasks.send_gap_digests",
        "schedule": crontab(hour="8-20", minute="30"),
    },
    "screen every city before the metrics are compiled": {
        "task": "pipeline.tasks.screen_cities",
        "schedule": crontab(hour="1", minute="0"),
    },
    "compile the night's metrics": {
        "task": "pipeline.tasks.compile_metrics",
        "schedule": crontab(hour="2", minute="30"),
    },
    "count what changed": {
        "task": "pipeline.tasks.count_changes",
        "schedule": crontab(minute="*"),
        "options": {"expires": 60},
    },
    "turn the day's clocks": {
        "task": "pipeline.tasks.turn_the_day",
        "schedule": crontab(hour="0,6,7", minute="10"),
    },
    "reveal the results whose day has come": {
        "task": "pipeline.tasks.reveal_due",
        "schedule": crontab(hour="8-20", minute="0"),
    },
    "clear uploads that were never finished": {
        "task": "pipeline.tasks.clear_uploads",
        "schedule": crontab(hour="3", minute="20"),
    },
    "look for firms that are in the library twice": {
        "task": "crm.tasks.find_duplicates",
        "schedule": crontab(hour="3", minute="40"),
    },
    "look at every firm in somebody's care": {
        "task": "pipeline.tasks.look_at_firms",
        "schedule": crontab(hour="4", minute="20"),
    },
    "scan the files that wait for the scanner": {
        "task": "pipeline.tasks.scan_waiting",
        "schedule": crontab(minute="*/10"),
    },
    "start again the jobs that the broker lost": {
        "task": "crm.tasks.sweep_jobs",
        "schedule": crontab(minute="*"),
        "options": {"expires": 60},
    },
    "show that the queue moves": {
        "task": "crm.tasks.beat_heart",
        "schedule": crontab(minute="*"),
        "options": {"expires": 60},
    },
    "delete the exported files whose days are over": {
        "task": "crm.tasks.clear_exports",
        "schedule": crontab(hour="3", minute="50"),
    },
    "forget the runs of long ago": {
        "task": "crm.tasks.thin_runs",
        "schedule": crontab(hour="3", minute="40"),
    },
}

# Telling people ---------------------------------------------------------------------------------------------------

MESSAGE_BATCH = 100
CHANNEL_BATCH = 20  # a minute: what the group robots take
CHANNEL_SECONDS = 20  # what a slow channel may take of one run
MESSAGE_LEASE_SECONDS = env.whole_number("MESSAGE_LEASE_SECONDS", 300, least=1)
MESSAGE_RESEND_SECONDS = env.whole_number("MESSAGE_RESEND_SECONDS", 900, least=1)
# A mail waits while the move that it tells of can be taken back at one click.
MESSAGE_UNDO_SECONDS = env.whole_number("MESSAGE_UNDO_SECONDS", 60, least=0)
MESSAGE_MAX_ATTEMPTS = 8
MORNING_THRESHOLD = env.whole_number("MORNING_THRESHOLD", 3, least=0)  # more reminders than these make one mail

MESSAGE_MAX_SWEEPS = 20  # a row whose worker was lost this often is a dead letter: it may be what kills them
MESSAGE_RUN_SECONDS = 50  # one run of the delivery leaves room for the next
EMAIL_TIMEOUT = min(20, MESSAGE_LEASE_SECONDS)

# When the administrators get an alarm
ALARM_QUEUE_MINUTES = env.whole_number("ALARM_QUEUE_MINUTES", 5, least=1)
ALARM_LATE_MINUTES = env.whole_number("ALARM_LATE_MINUTES", 30, least=1)
ALARM_DEAD_LETTERS = env.whole_number("ALARM_DEAD_LETTERS", 20, least=1)
ALARM_CHANNEL_FAILURES = env.whole_number("ALARM_CHANNEL_FAILURES", 5, least=1)

# Logs: one line per outcome -----------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "config.middleware.RequestIdFilter"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {request_id} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]}},
    "root": {"handlers": ["console"], "level": "INFO" if DEBUG else "WARNING"},
    "loggers": {
        "config": {"level": "INFO"},
        "crm": {"level": "INFO"},
        "pipeline": {"level": "INFO"},
        "notifications": {"level": "INFO"},
        "axes": {"level": "WARNING"},
        "apprise": {"level": "CRITICAL"},  # its lines hold addresses, which are secrets; what matters is in the rows
        "urllib3": {"level": "ERROR"},
    },
}

SILENCED_SYSTEM_CHECKS: list[str] = []

# Read by the language switch in the page head.
LANGUAGE_NAMES = {"zh-hans": _("中文"), "en": _("英文")}
