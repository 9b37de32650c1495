"""How many wrong passwords lock a name: few from one address, more from all addresses together."""

from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest
from django.utils import timezone


class Attempts(AxesDatabaseHandler):
    """Axes counts per name and address; whoever has many addresses would never be stopped."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Return the wrong passwords of this address for this name; the limit, once the name has had enough of all."""
        here: int = super().get_failures(request, credentials)
        since = timezone.now() - settings.AXES_COOLOFF_TIME
        of_name = AccessAttempt.objects.filter(
            username=get_client_username(request, credentials), attempt_time__gte=since
        )
        everywhere = of_name.aggregate(all=Sum("failures_since_start"))["all"] or 0
        return max(here, settings.AXES_FAILURE_LIMIT) if everywhere >= settings.NAME_FAILURE_LIMIT else here
