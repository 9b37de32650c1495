"""Pages of what runs: threshold offers and the flash sale."""

from promotions.views.flash import flash
from promotions.views.offers import offer, offer_list, offer_poster, offer_share

__all__ = ["flash", "offer", "offer_list", "offer_poster", "offer_share"]
