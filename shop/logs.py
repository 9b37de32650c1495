"""Structured logs: JSON in production, readable lines in the demo, and no personal data in either.

Every line carries the request id that django-structlog binds. `redact` is the last processor before the renderer, so
nothing escapes it: neither the arguments of a call, nor the message of a library, nor a traceback.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "[hidden]"
# The value under such a name is hidden whatever it looks like. Compared in lower case, as the end of a name.
SENSITIVE_NAMES = (
    "phone", "mobile", "receiver", "recipient", "contact", "real_name", "full_name", "nickname", "address", "detail",
    "openid", "unionid", "session_key", "token", "ticket", "password", "secret", "api_key", "apiv3_key", "private_key",
    "authorization", "cookie", "signature", "paysign", "id_card", "email", "birthday", "sms_code", "pickup_code",
    "phonenumbers", "templateparam",
)  # fmt: skip
SENSITIVE_TEXT = [
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL),
    re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}[01]\d[0-3]\d\d{3}[\dXx](?!\d)"),  # identity card
    re.compile(r"(?<![0-9A-Za-z])(?:\+?86[- ]?)?1[3-9]\d(?:[- ]?\d{4}){2}(?![0-9A-Za-z])"),  # phone
    re.compile(r"(?<![\w-])o[A-Za-z0-9_-]{27}(?![\w-])"),  # openid
    re.compile(r"(?<=Bearer )[\w.~+/=-]+|WECHATPAY2-SHA256-RSA2048 [^\n]+"),
    re.compile(
        r"[\u4e00-\u9fff]{2,}(?:省|自治区|市|区|县|镇|街道)[\u4e00-\u9fff\w]*?(?:路|街|巷|弄|村|大道|小区)[\u4e00-\u9fff\w\-－]*"
    ),
]
# key=value and "key": "value" inside a text: a query string, a dumped form, a JSON body.
NAMED_VALUE = re.compile(
    rf"""(?i)(["']?[\w-]*(?:{"|".join(SENSITIVE_NAMES)})["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s&,;}}\]]+)"""
)


def redact(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Hide phones, names, addresses, openids and keys anywhere in `event`."""
    return {name: without_personal_data(name, value) for name, value in event.items()}


def without_personal_data(name: str, value: Any) -> Any:
    """Return `value` with what must not be logged hidden; `name` is the name it stands under."""
    if value is None or isinstance(value, bool | int | float):
        return HIDDEN if is_sensitive(name) and isinstance(value, int) and not isinstance(value, bool) else value
    if is_sensitive(name):
        return HIDDEN
    if isinstance(value, Mapping):
        return {key: without_personal_data(str(key), part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [without_personal_data(name, part) for part in value]
    return redact_text(value if isinstance(value, str) else str(value))


def is_sensitive(name: str) -> bool:
    return name.lower().replace("-", "_").endswith(SENSITIVE_NAMES)


def redact_text(text: str) -> str:
    """Hide what looks like personal data, and what a text itself names as such."""
    text = NAMED_VALUE.sub(rf"\1{HIDDEN}", text)
    for pattern in SENSITIVE_TEXT:
        text = pattern.sub(HIDDEN, text)
    return text


def drop_health_checks(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Keep monitors that are told "ok" every few seconds out of the log."""
    if event.get("code") == 200 and str(event.get("request", "")).startswith("GET /health/"):
        raise structlog.DropEvent
    return event


def configure(*, readable: bool, level: str) -> dict[str, Any]:
    """Set structlog up and return the `LOGGING` that sends every library's log the same way, to stderr."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if readable else "iso", utc=not readable),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            drop_health_checks,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, redact, renderer(readable)],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.server": {"handlers": [], "propagate": False},  # the request log of django-structlog says more
            "django.request": {"level": "ERROR"},
            "kombu.connection": {"level": "ERROR"},  # memory:// has no hostname, and that is no news
            "celery": {"level": "WARNING" if readable else "INFO"},
        },
    }


def renderer(readable: bool) -> Callable[[WrappedLogger, str, EventDict], str | bytes]:
    if readable:
        return structlog.dev.ConsoleRenderer(colors=False, pad_event_to=24)
    return structlog.processors.JSONRenderer(ensure_ascii=False)
