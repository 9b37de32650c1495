"""The admin site of the back office."""

from unfold.sites import UnfoldAdminSite


class BackofficeSite(UnfoldAdminSite):
    """The back office: unfold's site with the shop's name."""

    site_header = site_title = "团铺"
    index_title = "首页"
