"""What several pages say: the settings, the stores, and how goods come to the buyer."""

from dataclasses import dataclass

from catalog.selectors import catalogue_version
from shop.lib import fragments
from shop.lib.markup import short_yuan
from shop.models import ShopSettings, Store


@dataclass(frozen=True, slots=True)
class Promise:
    """One line about delivery, with its icon."""

    icon: str
    words: str
    note: str = ""


def open_stores() -> list[Store]:
    return fragments.fresh(
        "stores", catalogue_version(), lambda: list(Store.objects.filter(is_active=True).order_by("sort_order", "id"))
    )


def promises(shop: ShopSettings, stores: list[Store]) -> list[Promise]:
    """Say what the settings really offer: parcels, their freight, and stores to collect from."""
    found = []
    if shop.express_enabled:
        freight = f"快递 {short_yuan(shop.freight_amount)}" if shop.freight_amount else "快递包邮"
        if shop.freight_amount and shop.freight_free_over:
            found.append(Promise("truck", f"满 {short_yuan(shop.freight_free_over)} 包邮", freight))
        else:
            found.append(Promise("truck", freight))
    pickup = [store for store in stores if store.pickup_enabled] if shop.pickup_enabled else []
    if pickup:
        found.append(Promise("bag", f"{len(pickup)} 家门店可自提", "付款后凭 12 位提货码取货"))
    return found
