from contextlib import suppress

from django.db import migrations

from shop.lib.uploads import make_thumbnails

USUAL = [
    {"kind": "categories"},
    {"kind": "promises"},
    {"kind": "goods", "title": "新鲜上架", "source": "newest", "layout": "shelf", "units": 6},
    {"kind": "goods", "title": "店长推荐", "source": "sorted", "layout": "grid", "units": 12},
    {"kind": "stores", "title": "我们的门店"},
]


def hang(apps, schema_editor):
    """Give the banners of a shop that has some a block, with the usual blocks below it."""
    banners = list(apps.get_model("shop", "Banner").objects.filter(is_active=True).order_by("sort_order", "pk")[:8])
    if not banners:
        return
    blocks = apps.get_model("catalog", "HomeBlock").objects
    first = blocks.create(kind="banners", sort_order=0)
    for place, facts in enumerate(USUAL, start=1):
        blocks.create(**facts, sort_order=place)
    for place, banner in enumerate(banners):
        first.pictures.create(
            title=banner.title[:20], image=banner.image.name, link=banner.link, sort_order=place, shows_title=False
        )
        with suppress(Exception):  # a picture whose file is lost keeps no shop from being upgraded
            make_thumbnails(banner.image.name)


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0005_let_merchants_arrange_the_home_page'),
        ('shop', '0002_alter_banner_image'),
    ]

    operations = [
        migrations.RunPython(hang, migrations.RunPython.noop),
    ]
