"""Pages of coupons, offers and the points shop."""
