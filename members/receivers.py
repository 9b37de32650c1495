"""What members' services do when something happens elsewhere."""

from django.dispatch import receiver
from django.http import HttpRequest
from django_structlog.signals import bind_extra_request_metadata

from members import services


@receiver(bind_extra_request_metadata)
def remember_where_the_request_comes_from(sender: type, request: HttpRequest, **kwargs: object) -> None:
    services.acting_from(request)
