"""What a member means to buy."""

from django.db import models
from django.db.models import Q

from catalog.models import MOST_UNITS, Sku
from members.models import Member


class CartItem(models.Model):
    """One SKU in a member's cart. Prices are never kept here: the page shows the price of the moment."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="cart_items")
    sku = models.ForeignKey(Sku, models.CASCADE)
    units = models.PositiveIntegerField(default=1)
    is_selected = models.BooleanField(default=True)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member", "sku"], name="cart_item_once_per_sku"),
            models.CheckConstraint(condition=Q(units__gte=1, units__lte=MOST_UNITS), name="cart_item_units"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.sku_id} × {self.units}"
