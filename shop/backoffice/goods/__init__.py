"""Goods in the back office: products with their SKUs and pictures, categories, stock."""

from shop.backoffice.goods import categories, listing, stock

__all__ = ["categories", "listing", "stock"]
