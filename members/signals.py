"""What other apps may react to when a person joins. Sent inside the transaction."""

from django.dispatch import Signal

# member: Member, device: str (a digest of the browser or ""), now: datetime.  Sent once, after the account was made.
member_registered = Signal()
