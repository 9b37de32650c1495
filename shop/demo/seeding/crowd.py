"""Seeded shoppers, each with one address."""

from datetime import date, datetime, timedelta
from random import Random

from django.db import transaction

from members.models import Address, Consent, Member
from members.services import PRIVACY_VERSION
from shop.lib import regions

BATCH = 1000
CLERK = "seed-clerk"
FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "伟芳娜敏静丽强磊洋艳勇军杰娟涛明超秀霞平刚桂英华玉兰文慧建国雨晨子轩梓涵一诺"
STREETS = ("文一路", "学院路", "解放路", "人民路", "中山北路", "凤起路", "江南大道", "长河路", "建国中路", "新华路")
UNUSABLE = "!seeded"  # shoppers sign in with a code, never with a password


def seed_members(count: int, *, seed: int, random: Random, now: datetime) -> None:
    """Register `count` shoppers over the past year."""
    places = [region for region in regions.all_regions().values() if regions.is_deliverable(region.code)]
    for start in range(0, count, BATCH):
        numbers = range(start, min(start + BATCH, count))
        people = [_member(number, seed=seed, random=random) for number in numbers]
        with transaction.atomic():
            Member.objects.bulk_create(people)
            Address.objects.bulk_create([_address(member, random, places) for member in people])
            Consent.objects.bulk_create(
                [Consent(member=member, version=PRIVACY_VERSION, given_at=now) for member in people]
            )
            _antedate(people, random, now)


def phone_of(number: int, seed: int) -> str:
    """Return the phone of a seeded shopper: no two seeds below a thousand share one among a million."""
    return f"16{(seed * 1_000_000 + number) % 10**9:09d}"


def clerk() -> Member:
    """Return the account that hands seeded orders over; nobody can sign in with it."""
    known = Member.objects.filter(username=CLERK).first()
    return known or Member.objects.create_user(CLERK, None, nickname="门店店员")


def _member(number: int, *, seed: int, random: Random) -> Member:
    birthday = date(1960, 1, 1) + timedelta(days=random.randrange(16000)) if random.random() < 0.4 else None
    return Member(
        no=f"{seed % 1000:03d}{number:07d}{random.randrange(100):02d}",
        nickname=random.choice(FAMILY) + "".join(random.sample(GIVEN, 2)),
        phone=phone_of(number, seed),
        birthday=birthday,
        password=UNUSABLE,
    )


def _address(member: Member, random: Random, places: list[regions.Region]) -> Address:
    place = random.choice(places)
    house, block, flat = random.randint(1, 900), random.randint(1, 30), random.randint(101, 2404)
    return Address(
        member=member,
        receiver_name=member.nickname,
        receiver_phone=member.phone,
        region_code=place.code,
        region_path=place.path,
        detail=f"{random.choice(STREETS)} {house} 号 {block} 幢 {flat}",
        is_default=True,
    )


def _antedate(people: list[Member], random: Random, now: datetime) -> None:
    """Spread the registrations over the past year; the column is set by the database layer when a row is made."""
    for member in people:
        member.created_at = now - timedelta(minutes=random.randrange(365 * 24 * 60))
    Member.objects.bulk_update(people, ["created_at"], batch_size=BATCH)
