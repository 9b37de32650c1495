"""Files that nothing names any more go after a day; whatever is shown anywhere stays."""

import os
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.base import ContentFile
from django.utils import timezone
from easy_thumbnails.models import Source, Thumbnail

from catalog.models import Product, ProductImage
from shop import pictures
from shop.audit.goods import pictures_and_files_match
from shop.lib.uploads import store_image
from tests.factories import make_order, make_product
from tests.shop.test_uploads import picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def media(settings: LazySettings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def stored(*, stem: str = "") -> str:
    return store_image(ContentFile(picture().read()), stem=stem)


def grow_old(media: Path) -> None:
    for file in media.rglob("*.webp"):
        os.utime(file, (0, 0))


def names(media: Path) -> set[str]:
    return {file.relative_to(media).as_posix() for file in media.rglob("*.webp")}


def test_a_removed_picture_goes_with_its_thumbnails(media: Path) -> None:
    kept, removed = stored(), stored()
    make_product(images=(kept,))
    grow_old(media)

    assert pictures.forget_orphans(now=timezone.now()) == 1

    assert {name for name in names(media) if name.startswith(removed)} == set()
    assert len({name for name in names(media) if name.startswith(kept)}) == 4  # and its three thumbnails
    assert (Source.objects.get().name, Thumbnail.objects.count()) == (kept, 3)
    assert pictures_and_files_match(timezone.now()) == []
    assert pictures.forget_orphans(now=timezone.now()) == 0


def test_the_auditor_names_what_the_sweep_would_delete(media: Path) -> None:
    removed = stored()
    grow_old(media)
    (media / removed).unlink()  # its thumbnails alone are orphans too

    assert [finding.key for finding in pictures_and_files_match(timezone.now())] == [removed]


def test_a_new_picture_may_wait_a_day_for_its_row(media: Path) -> None:
    fresh = stored()

    assert pictures.forget_orphans(now=timezone.now()) == 0
    assert pictures.forget_orphans(now=timezone.now() + pictures.ORPHAN_AGE * 2) == 1

    assert fresh not in names(media)


def test_the_picture_on_an_order_line_stays(media: Path) -> None:
    product = make_product(images=(stored(),))
    line = make_order((product.skus.get(), 1)).lines.get()
    ProductImage.objects.all().delete()
    grow_old(media)

    assert pictures.forget_orphans(now=timezone.now()) == 0

    assert line.image in names(media)


def test_the_pictures_in_a_description_stay(media: Path) -> None:
    name = stored()
    product = make_product(detail_html=f'<p><img src="/media/{name}.750x750_q82_crop.webp"></p>')
    grow_old(media)

    assert pictures.forget_orphans(now=timezone.now()) == 0

    assert name in Product.objects.get(pk=product.pk).detail_html
    assert name in names(media)


def test_a_file_that_is_imported_again_counts_as_new(media: Path) -> None:
    name = stored(stem="abc")
    grow_old(media)

    assert stored(stem="abc") == name

    assert pictures.forget_orphans(now=timezone.now()) == 0


def test_one_round_deletes_no_more_than_its_limit(media: Path) -> None:
    for _ in range(3):
        stored()
    grow_old(media)

    assert pictures.forget_orphans(now=timezone.now(), limit=2) == 2
    assert pictures.forget_orphans(now=timezone.now(), limit=2) == 1

    assert names(media) == set()


def test_pictures_that_lie_elsewhere_are_left_alone(media: Path, settings: LazySettings) -> None:
    name = stored()
    grow_old(media)
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": "storages.backends.s3.S3Storage"}}

    assert pictures.forget_orphans(now=timezone.now()) == 0

    assert name in names(media)
