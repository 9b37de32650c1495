"""What orders does when something happens in a room below: a guest who signs in keeps their cart."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from members.models import Member
from orders.services import cart


@receiver(user_logged_in)
def keep_guest_cart(sender: type[Member], request: HttpRequest, user: Member, **kwargs: Any) -> None:
    """Merge the session's cart into the member's; staff have none. Django has just written `last_login`."""
    if user.is_staff or user.last_login is None:
        return
    for note in cart.merge_guest_cart(member=user, session=request.session, now=user.last_login):
        messages.info(request, note)
