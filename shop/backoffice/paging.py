"""Pages of long lists: counted once, and far down as cheap as at the top."""

from typing import Any

from django.core.paginator import Page, Paginator

FAR_DOWN = 500  # rows; nearer the top one statement is cheaper than two


class LongListPaginator(Paginator):  # type: ignore[type-arg]
    """Finds the rows of a far page by their numbers first, so that what is passed over is not read in full width.

    `known` is the number of all rows where the list has counted them already.
    """

    def __init__(self, *args: Any, known: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if known is not None:
            self.count = known

    def page(self, number: int | str) -> "Page[Any]":
        """Return a page of the list."""
        number = self.validate_number(number)
        bottom = (number - 1) * self.per_page
        if bottom < FAR_DOWN:
            return super().page(number)
        rows: Any = self.object_list
        numbers = rows.select_related(None).prefetch_related(None).values_list("pk", flat=True)
        found = list(numbers[bottom : bottom + self.per_page])
        return Page(rows.filter(pk__in=found), number, self)
