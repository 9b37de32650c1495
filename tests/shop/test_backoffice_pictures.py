"""Pictures that the back office takes are decoded and stored before its transactions begin (R13)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client

from catalog.models import Category
from shop.lib import uploads
from tests.factories import make_staff
from tests.shop.test_uploads import picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch, settings: LazySettings, tmp_path: Path) -> list[bool]:
    """Return a list that learns of every decoding whether it was inside a transaction."""
    settings.MEDIA_ROOT = tmp_path
    seen: list[bool] = []
    encode, outermost = uploads.encode, len(connection.savepoint_ids)  # the test itself is a transaction

    def watched(file: Any) -> bytes:
        seen.append(len(connection.savepoint_ids) > outermost)
        return encode(file)

    monkeypatch.setattr(uploads, "encode", watched)
    return seen


def post_category(client: Client, image: ContentFile[bytes]) -> Any:
    client.force_login(make_staff(is_superuser=True))
    facts = {"parent": "", "name": "茶", "sort_order": "1", "is_visible": "on", "image": image}
    return client.post("/admin/catalog/category/add/", facts)


def test_a_picture_is_stored_once_before_the_transaction(client: Client, inside: list[bool], tmp_path: Path) -> None:
    assert post_category(client, picture()).status_code == 302

    name = str(Category.objects.get().image.name)
    assert inside == [False]
    assert name.startswith("categories/")
    assert len(list((tmp_path / "categories").glob("*.webp"))) == 4  # the picture and its three thumbnails
    assert (tmp_path / name).is_file()


def test_what_is_no_picture_is_refused_at_its_field(client: Client, inside: list[bool], tmp_path: Path) -> None:
    page = post_category(client, ContentFile(b"no picture", name="x.png")).content.decode()

    assert "请上传 JPG、PNG、WebP 或 GIF 图片" in page
    assert Category.objects.count() == 0
    assert list(tmp_path.rglob("*.webp")) == []
