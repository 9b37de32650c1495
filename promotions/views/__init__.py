"""The shop front's pages of the marketing tools."""

from promotions.views.inviting import invite, invite_link, invite_poster, invited

__all__ = ["invite", "invite_link", "invite_poster", "invited"]
