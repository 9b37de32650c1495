"""What deploy/ starts and docs/operations.md tells to start is what the settings count on."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent
QUEUES = {queue.name for queue in settings.CELERY_TASK_QUEUES}


def test_the_compose_file_has_a_worker_for_each_queue() -> None:
    text = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")

    assert sorted(re.findall(r"celery -A shop worker --queues (\S+)", text)) == sorted(QUEUES)


def test_the_operator_is_told_to_start_a_worker_for_each_queue() -> None:
    unit = (ROOT / "deploy" / "systemd" / "tuanpu-worker@.service").read_text(encoding="utf-8")
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")

    starts = re.findall(r"systemctl (?:enable --now|start) (.*tuanpu-worker.*)", text)

    assert "celery -A shop worker --queues %i --hostname %i@%%h " in unit
    assert [set(re.findall(r"tuanpu-worker@(\w+)", line)) for line in starts] == [QUEUES, QUEUES]


def test_every_setting_in_the_example_exists() -> None:
    example = (ROOT / "deploy" / "tuanpu.env.example").read_text(encoding="utf-8")
    readers = [ROOT / "shop" / "settings.py", ROOT / "deploy" / "gunicorn.conf.py"]
    code = "".join(path.read_text(encoding="utf-8") for path in readers)

    named = re.findall(r"^#?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE)

    assert [name for name in named if f'"{name}"' not in code] == []
    assert "PII_INDEX_KEY" in named
    assert "SECURE_HSTS_PRELOAD" in named


def test_the_pages_that_nginx_answers_with_have_all_they_show() -> None:
    conf = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    places: dict[str, str] = dict(re.findall(r"location (/errors/\S*) \{\s+alias /srv/tuanpu/app/(\S+);", conf))
    pages = re.findall(r"error_page [\d ]+ (\S+);", conf)

    def found(address: str) -> Path:
        place = max((place for place in places if address.startswith(place)), key=len)
        return ROOT / places[place] / address.removeprefix(place)

    shown = [re.findall(r'(?:href|src)="(/errors/[^"]+)"', found(page).read_text(encoding="utf-8")) for page in pages]

    assert [len(addresses) for addresses in shown] == [2, 2, 2]
    assert [address for addresses in shown for address in addresses if not found(address).is_file()] == []
