"""What members' services do when something happens elsewhere."""

import structlog
from django.contrib.auth import SESSION_KEY
from django.dispatch import receiver
from django.http import HttpRequest
from django_structlog.signals import (
    bind_extra_request_failed_metadata,
    bind_extra_request_finished_metadata,
    bind_extra_request_metadata,
)

from members import services


@receiver(bind_extra_request_metadata)
def remember_where_the_request_comes_from(sender: type, request: HttpRequest, **kwargs: object) -> None:
    services.acting_from(request)


@receiver([bind_extra_request_finished_metadata, bind_extra_request_failed_metadata])
def name_the_member_in_the_log(sender: type, request: HttpRequest, **kwargs: object) -> None:
    """Take the number from a session that the page has read: the log asks the database for nothing of its own."""
    session = getattr(request, "session", None)
    user_id = session.get(SESSION_KEY) if session is not None and session.accessed else None
    structlog.contextvars.bind_contextvars(user_id=int(user_id) if user_id else None)
