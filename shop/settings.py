"""Every setting of the shop, read from the environment once and refused loudly when wrong.

With `DEMO=1` everything has a default and the shop runs embedded: SQLite, no broker, the sandbox gateway.
Without it each secret must be given, and a secret of the demo is refused.
"""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.utils.module_loading import import_string
from kombu import Queue

from shop import logs

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").exists():
    env.read_env(BASE_DIR / ".env")

DEMO = env.bool("DEMO", default=False)
DEBUG = env.bool("DEBUG", default=False)
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).resolve()
VAR_DIR.mkdir(parents=True, exist_ok=True)

DEMO_MARK = "demo-only"


def issuer_of(device: object) -> str:
    """Return what an authenticator app calls the shop: the name that its settings hold at that moment."""
    return str(import_string("catalog.selectors.shop_name")())


def secret(name: str, demo: str) -> str:
    """Return the secret `name`; only a demo may leave it out, and nothing else may use the demo's."""
    value = env.str(name, default=demo if DEMO else "")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. Production needs it; DEMO=1 runs the embedded demo without.")
    if DEMO_MARK in value and not (DEMO or DEBUG):
        raise ImproperlyConfigured(f"{name} still holds the demo's value. Make one of your own before going live.")
    return str(value)


def given(name: str, *, demo: str, otherwise: str = "") -> str:
    """Return the setting `name`; outside the demo it may be `otherwise`, but never what the sandbox answers to."""
    value = str(env.str(name, default=demo if DEMO else otherwise))
    if (value == demo or DEMO_MARK in value) and not (DEMO or DEBUG):
        raise ImproperlyConfigured(f"{name} still holds the demo's value, which everybody knows.")
    return value


def key_file(name: str, demo: Path) -> Path:
    """Return the path in `name`; a folder in which the sandbox keeps its keys is no place for those of real money."""
    value = env.str(name, default=str(demo) if DEMO or DEBUG else "")
    path = Path(value)
    if value and not (DEMO or DEBUG) and any(path.parent.glob("sandbox_*.pem")):
        raise ImproperlyConfigured(f"{name}: {path.parent} holds keys of the sandbox. Keep the real ones elsewhere.")
    return path


# --- Secrets and the sites that may be asked for -------------------------------------------------------------------
SECRET_KEY = secret("SECRET_KEY", f"{DEMO_MARK}-secret-key-of-the-embedded-shop-0123456789abcdefghijklmnopqrstuv")
# Key ring of encrypted columns, newest first: `id:base64(32 bytes)`, several separated by commas.
PII_KEYS = secret("PII_KEYS", f"{DEMO_MARK}:ZGVtby1vbmx5LTMyLWJ5dGVzLWtleS1mb3ItdHVhbnA=").split(",")
PII_INDEX_KEY = secret("PII_INDEX_KEY", f"{DEMO_MARK}-blind-index-key")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if DEMO else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Where the outside world reaches the shop, without a slash at the end: links in messages, notify addresses.
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000" if DEMO else "").rstrip("/")
# How many proxies stand before the shop; 0 trusts no X-Forwarded-For at all.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)

# --- The code that runs --------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # the default one would put its own site in place of ours
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "shop.backoffice.apps.BackofficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "import_export",
    "django_htmx",
    "template_partials",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "easy_thumbnails",
    "csp",
    "django_structlog",
    "shop.apps.ShopConfig",
    "members",
    "catalog",
    "promotions",
    "orders",
    "groupbuy",
    "analytics",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "shop.visits.VisitDays",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "shop.alike.AlikePages",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- Data ----------------------------------------------------------------------------------------------------------
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'tuanpu.sqlite3'}")
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # RELIABILITY R3: every write transaction is serial, and a confirmed payment survives a power cut.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
else:
    DATABASES["default"] |= {
        "CONN_MAX_AGE": env.int("DATABASE_CONN_MAX_AGE", default=600),
        "CONN_HEALTH_CHECKS": True,
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "shop.lib.cache.ForgivingRedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "shop.lib.cache.ForgivingDatabaseCache", "LOCATION": "shop_cache"},
    # Fragments of pages, in the memory of each process: see shop/lib/fragments.py.
    "local": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 500}},
}
SESSION_ENGINE = "shop.sessions"  # in the database
SESSION_COOKIE_AGE = int(timedelta(days=30).total_seconds())
STAFF_SESSION_AGE = int(timedelta(hours=env.int("STAFF_SESSION_HOURS", default=12)).total_seconds())
SESSION_COOKIE_NAME = "tuanpu_session"
CSRF_COOKIE_NAME = "tuanpu_csrf"
SESSION_COOKIE_SAMESITE = "Lax"

# --- People --------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "members.Member"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "members:login"
LOGIN_REDIRECT_URL = "me"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # behind one NAT others may still sign in
AXES_HANDLER = "shop.backoffice.attempts.Attempts"
NAME_FAILURE_LIMIT = 50  # wrong passwords for one name from anywhere; AXES_FAILURE_LIMIT is for one address
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "shop.backoffice.site.locked_out"
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "shop.lib.http.client_ip"
OTP_TOTP_ISSUER = issuer_of
# Owners must hold a second factor; only the demo, whose passwords are printed on the screen, does without.
OWNERS_NEED_TOTP = env.bool("OWNERS_NEED_TOTP", default=not DEMO)

# --- Language and time ---------------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

LOCALE_PATHS = [BASE_DIR / "locale"]  # what the theme of the back office leaves in English

# --- The back office's theme (shop/backoffice) ---------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": "shop.backoffice.navigation.site_title",
    "SITE_HEADER": "shop.backoffice.navigation.site_header",
    "SITE_SYMBOL": "storefront",
    "SITE_URL": "/",
    "SHOW_HISTORY": lambda request: request.user.has_perm("members.view_operationlog"),
    "THEME": "light",
    "BORDER_RADIUS": "8px",
    "STYLES": [lambda request: static("css/tokens.css"), lambda request: static("css/backoffice.css")],
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/favicon.svg")}],
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": "shop.backoffice.navigation.menu"},
    "ACCOUNT": {"navigation": "shop.backoffice.navigation.account_links"},
    "COLORS": {
        "primary": {
            "50": "#f1f8f5", "100": "#e4f0ea", "200": "#c4ded1", "300": "#96c4b0", "400": "#5c9f85", "500": "#37836a",
            "600": "#1f6f54", "700": "#185842", "800": "#144635", "900": "#103a2c", "950": "#08211a",
        },
        "base": {
            "50": "#fbfaf7", "100": "#f4f2ec", "200": "#e8e5de", "300": "#d3d0c8", "400": "#8d938f", "500": "#69716c",
            "600": "#5b635e", "700": "#434a46", "800": "#2c322e", "900": "#1f2421", "950": "#151916",
        },
    },
}  # fmt: skip

# --- Files ---------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "media/"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))
POSTER_FONT = Path(env.str("POSTER_FONT", default="/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEMO or DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEMO or DEBUG
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000  # a batch edit of 500 rows sends several fields a row
UPLOAD_MAX_BYTES = 6 * 1024 * 1024
UPLOAD_MAX_PIXELS = 25_000_000
THUMBNAIL_PRESERVE_FORMAT = False
THUMBNAIL_EXTENSION = "webp"
THUMBNAIL_TRANSPARENCY_EXTENSION = "webp"
THUMBNAIL_QUALITY = 82
THUMBNAIL_ALIASES = {
    "": {
        "card": {"size": (360, 360), "crop": True},
        "small": {"size": (160, 160), "crop": True},
        "page": {"size": (750, 750), "crop": True},
    },
    "wide": {  # of the folders in shop.lib.uploads.WIDE
        "small": {"size": (160, 160), "crop": True},
        "slide": {"size": (750, 350), "crop": True},
        "wide": {"size": (1200, 560), "crop": True},
    },
}
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
IMPORT_EXPORT_USE_TRANSACTIONS = True

# --- Security ------------------------------------------------------------------------------------------------------
X_FRAME_OPTIONS = "DENY"
# WeChat's H5 cashier checks the Referer, so it must be sent (PROTOCOLS 3.3).
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
if not (DEMO or DEBUG):
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^health/"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=int(timedelta(days=365).total_seconds()))
    # Both bind every other name of the domain, for a year and longer: for those to switch on who own them all.
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=False)
    SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=False)
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ["/admin/"],  # unfold's Alpine needs eval; the back office sets a policy of its own
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

# --- Work that waits (DESIGN 5) ------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL or "memory://"
# Sweeps that wait for somebody outside have a queue, and so workers, of their own: a silent gateway stops nothing else.
INSIDE, OUTSIDE = "inside", "outside"
CELERY_TASK_DEFAULT_QUEUE = INSIDE
CELERY_TASK_QUEUES = [Queue(INSIDE), Queue(OUTSIDE)]  # a worker without --queues serves both
CELERY_TASK_ROUTES = {
    "orders.tasks.poll_payments": OUTSIDE,
    "orders.tasks.send_refunds": OUTSIDE,
    "orders.tasks.expire_unpaid": OUTSIDE,
    "orders.tasks.reconcile*": OUTSIDE,
    "members.tasks.deliver_messages": OUTSIDE,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = TIME_ZONE
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
if REDIS_URL:
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, float] = {  # RELIABILITY R11
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 5,
    }
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {"polling_interval": 0.1}  # seconds; of memory, so it costs next to nothing

# --- Logs: to stderr, with the request id, without personal data ----------------------------------------------------
LOGGING = logs.configure(readable=DEMO or DEBUG, level=env.str("LOG_LEVEL", default="INFO"))
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_USER_ID_FIELD = ""  # it would read the member for every line; members.receivers names them instead
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG  # the end of a request tells all that its start knew
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_CELERY_DEFAULT_LOG_LEVEL = logging.DEBUG  # a sweep that finds nothing is no news

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # so a clock that starts runs everything at once, however often it restarts
# Every sweep with its seconds; a name is `app.function` of `<app>/tasks.py`.
CELERY_BEAT_SCHEDULE = {
    # One that waits longer than its interval is dropped: the next does its work too.
    name: {
        "task": name.replace(".", ".tasks."),
        "schedule": seconds,
        "options": {"expires": seconds},
        "last_run_at": LONG_AGO,
    }
    for name, seconds in {
        "orders.apply_notices": 5, "orders.poll_payments": 10, "orders.send_refunds": 5, "orders.expire_unpaid": 15,
        "orders.auto_receive": 300, "orders.remind_pickup": 600, "orders.reconcile_days": 1800,
        "orders.relevel_due": 60, "orders.reward_completed": 5, "orders.segment_members": 60,
        "members.deliver_messages": 10, "members.seal_operations": 30, "members.forget_throttles": 3600,
        "members.release_points": 60, "members.expire_points": 300, "members.warn_of_expiry": 3600,
        "members.reward_birthdays": 600, "members.forget_sessions": 300, "members.forget_exports": 1800,
        "members.forget_visits": 600,
        "promotions.reward_referrals": 300, "promotions.return_flash_quota": 30, "promotions.run_pushes": 5,
        "promotions.expire_coupons": 60, "promotions.tell_expiring": 600, "promotions.issue_birthdays": 1800,
        "catalog.publish_due": 30, "catalog.refill_daily_stock": 60, "catalog.tell_low_stock": 300,
        "catalog.forget_footprints": 21600,
        "shop.forget_orphans": 900,
    }.items()
}  # fmt: skip

# --- The outside world: only addresses and keys differ between sandbox and production -----------------------------
SANDBOX_URL = env.str("SANDBOX_URL", default="http://127.0.0.1:8900") if DEMO else ""
KEYS_DIR = Path(env.str("KEYS_DIR", default=str(VAR_DIR / "keys")))  # the sandbox's
WECHAT_PAY = {
    "base_url": env.str("WECHAT_PAY_URL", default=f"{SANDBOX_URL}/mch" if DEMO else "https://api.mch.weixin.qq.com"),
    "mchid": given("WECHAT_PAY_MCHID", demo="1900000001"),
    "appid": given("WECHAT_PAY_APPID", demo="wxsandbox00000001"),
    # Serial number of the merchant's own certificate, its key, the APIv3 key, and WeChat Pay's public key.
    "serial_no": given("WECHAT_PAY_SERIAL_NO", demo="5A4D0B0X5D"),
    "private_key_file": key_file("WECHAT_PAY_PRIVATE_KEY_FILE", KEYS_DIR / "merchant_private.pem"),
    "apiv3_key": given("WECHAT_PAY_APIV3_KEY", demo=f"{DEMO_MARK}-apiv3-key-0123456789ab"),
    "public_key_id": given("WECHAT_PAY_PUBLIC_KEY_ID", demo="PUB_KEY_ID_SANDBOX0000000001"),
    "public_key_file": key_file("WECHAT_PAY_PUBLIC_KEY_FILE", KEYS_DIR / "wechatpay_public.pem"),
    "timeout": (3.0, env.float("WECHAT_PAY_TIMEOUT", default=5.0)),
}
SMS = {
    "provider": given("SMS_PROVIDER", demo="sandbox", otherwise="aliyun"),
    "base_url": env.str("SMS_URL", default=f"{SANDBOX_URL}/sms" if DEMO else "https://dysmsapi.aliyuncs.com"),
    "access_key_id": given("SMS_ACCESS_KEY_ID", demo=DEMO_MARK),
    "access_key_secret": given("SMS_ACCESS_KEY_SECRET", demo=DEMO_MARK),
    "sign_name": env.str("SMS_SIGN_NAME", default="团铺"),
    "login_template": env.str("SMS_LOGIN_TEMPLATE", default="SMS_LOGIN"),
    "notice_template": env.str("SMS_NOTICE_TEMPLATE", default="SMS_NOTICE"),
}
# WeChat's own rules of time (PROTOCOLS 3.3); the sandbox compresses its clock and these with it.
PAYMENT_CLOSE_AFTER_SECONDS = env.int("PAYMENT_CLOSE_AFTER_SECONDS", default=300)
REFUND_SPACING_SECONDS = env.int("REFUND_SPACING_SECONDS", default=60)
