"""What stands on the poster of a coupon."""

from promotions.models import CouponTemplate
from shop.lib.posters import Poster


def poster_of(template: CouponTemplate, *, address: str, shop_name: str) -> Poster:
    """Return the poster of a coupon whose QR code leads to `address`."""
    facts = [template.threshold_words, template.scope_words, f"有效期　{template.validity_words}"]
    return Poster(
        title=template.name,
        address=address,
        invitation="长按或扫码，打开就能领",
        shop_name=shop_name,
        price=template.worth_words,
        facts=[*facts, *([template.remark] if template.remark else [])],
    )
