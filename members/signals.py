"""What other apps may react to when a person joins. Sent inside the transaction."""

from django.dispatch import Signal

member_registered = Signal()  # member: Member.  Sent once, right after the account was made.
