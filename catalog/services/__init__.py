"""Everything that happens to goods: saving, shelves, batches, stock, import."""

from catalog.services.batch import (
    NewPrice,
    PriceChange,
    arrange,
    change_categories,
    change_floor,
    change_prices,
    change_stock,
    new_prices,
)
from catalog.services.categories import CategoryInUse, delete_category, move_category, save_category, show_category
from catalog.services.drafts import DraftRefused, Problem, ProductDraft, SkuDraft, problems_of
from catalog.services.front import settings_changed
from catalog.services.importing import ImportChoices, ImportReport, import_table
from catalog.services.keeping import (
    FavouritesFull,
    add_favourite,
    forget_footprints,
    forget_shopper,
    leave_footprint,
    remove_favourite,
    remove_footprints,
    remove_gone_favourites,
)
from catalog.services.kept import draft_of, read_goods
from catalog.services.pictures import MissingPicture
from catalog.services.planning import Outcome
from catalog.services.products import (
    Saved,
    add_product,
    bump_catalogue,
    save_product,
    save_products,
)
from catalog.services.rows import Note
from catalog.services.searching import search_text_of
from catalog.services.shelf import (
    BatchRefused,
    Refusal,
    publish_due,
    put_on_shelf,
    restore,
    take_off_shelf,
    trash,
)
from catalog.services.stock import (
    OutOfStock,
    StockTooLow,
    count_sold,
    give_back_stock,
    move_stock,
    refill_daily_stock,
    set_stock,
    take_stock,
    tell_low_stock,
)
from shop.lib.richtext import sanitise

__all__ = [
    "BatchRefused",
    "CategoryInUse",
    "DraftRefused",
    "FavouritesFull",
    "ImportChoices",
    "ImportReport",
    "MissingPicture",
    "NewPrice",
    "Note",
    "OutOfStock",
    "Outcome",
    "PriceChange",
    "Problem",
    "ProductDraft",
    "Refusal",
    "Saved",
    "SkuDraft",
    "StockTooLow",
    "add_favourite",
    "add_product",
    "arrange",
    "bump_catalogue",
    "change_categories",
    "change_floor",
    "change_prices",
    "change_stock",
    "count_sold",
    "delete_category",
    "draft_of",
    "forget_footprints",
    "forget_shopper",
    "give_back_stock",
    "import_table",
    "leave_footprint",
    "move_category",
    "move_stock",
    "new_prices",
    "problems_of",
    "publish_due",
    "put_on_shelf",
    "read_goods",
    "refill_daily_stock",
    "remove_favourite",
    "remove_footprints",
    "remove_gone_favourites",
    "restore",
    "sanitise",
    "save_category",
    "save_product",
    "save_products",
    "search_text_of",
    "set_stock",
    "settings_changed",
    "show_category",
    "take_off_shelf",
    "take_stock",
    "tell_low_stock",
    "trash",
]
