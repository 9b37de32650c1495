"""People: members (shoppers and staff alike), their addresses, and whose orders the staff may see."""

import secrets
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, Q

from members.models.knowing import MemberTraits
from members.models.levels import MemberStanding
from shop.lib import regions
from shop.lib.crypto import BlindIndexField, EncryptedTextField
from shop.models import Store

PHONE = RegexValidator(r"^1[3-9]\d{9}$", "请填写 11 位手机号")


class MemberQuerySet(models.QuerySet["Member"]):
    """Members under their business names."""

    def shoppers(self) -> "MemberQuerySet":
        """People who buy; staff accounts are left out."""
        return self.filter(is_staff=False)


class MemberAccounts(BaseUserManager.from_queryset(MemberQuerySet)):  # type: ignore[misc]
    """Makes staff accounts for Django's own commands; shoppers come from `members.services`."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "Member":
        member: Member = self.model(username=username, is_staff=True, **fields)
        member.set_password(password)
        member.save()
        return member

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "Member":
        return self.create_user(username, password, is_superuser=True, **fields)


def new_member_no() -> str:
    """Make a member number: twelve random digits, so that it tells nothing about how many there are."""
    return str(secrets.randbelow(9 * 10**11) + 10**11)


class Member(MemberStanding, MemberTraits, AbstractBaseUser, PermissionsMixin):
    """An account. Shoppers have a phone and sign in with a code; staff have a username and a password.

    A person of the staff who also shops has two accounts, so that no shopper page ever carries staff rights;
    both may hold the same phone.
    """

    no = models.CharField("会员编号", max_length=12, unique=True, editable=False, default=new_member_no)
    username = models.CharField(
        "登录名", max_length=40, unique=True, null=True, blank=True,
        validators=[RegexValidator(r"^[A-Za-z0-9_.@-]+$", "登录名只能用字母、数字和 _ . @ -")],
    )  # fmt: skip
    nickname = models.CharField("昵称", max_length=30, blank=True)
    phone = EncryptedTextField("手机", blank=True, default="", validators=[PHONE])
    phone_index = BlindIndexField(of="phone", db_index=True)
    birthday = models.DateField("生日", null=True, blank=True)
    birthday_set_on = models.DateField(null=True, editable=False)  # the day of the last change; it holds for a year
    is_active = models.BooleanField("启用", default=True)
    is_staff = models.BooleanField("员工", default=False)
    stores = models.ManyToManyField(
        Store,
        blank=True,
        related_name="staff",
        verbose_name="所属门店",
        help_text="店员只能处理这些门店的订单；总店的员工可以处理所有门店。",
    )
    invited_by = models.ForeignKey(
        "self", models.SET_NULL, null=True, editable=False, related_name="invited", verbose_name="邀请人"
    )
    created_at = models.DateTimeField("注册时间", auto_now_add=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = MemberAccounts()

    class Meta:
        verbose_name = verbose_name_plural = "会员"
        constraints = [
            models.CheckConstraint(condition=Q(is_staff=False) | Q(username__isnull=False), name="staff_has_username"),
            models.UniqueConstraint(
                fields=["phone_index"], condition=Q(is_staff=False), name="member_one_shopper_per_phone"
            ),
            models.CheckConstraint(condition=Q(points_balance__gte=0), name="member_points_not_negative"),
            models.CheckConstraint(condition=Q(points_debt__gte=0), name="member_debt_not_negative"),
        ]
        indexes = [
            models.Index(fields=["level", "id"], name="member_by_level"),
            models.Index(fields=["levelled_at"], name="member_levelled", condition=Q(is_staff=False)),
            models.Index(fields=["relevel_at"], name="member_due_level", condition=Q(relevel_at__isnull=False)),
            models.Index(fields=["activity", "id"], name="member_by_activity"),
            models.Index(fields=["id"], name="member_vip", condition=Q(is_vip=True)),
            models.Index(fields=["spent_amount", "id"], name="member_by_spending"),
            models.Index(fields=["last_paid_at", "id"], name="member_by_purchase"),
            models.Index(fields=["created_at", "id"], name="member_by_joining"),
            models.Index(fields=["erased_at"], name="member_erased", condition=Q(erased_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.nickname or self.username or self.no

    @property
    def phone_tail(self) -> str:
        """The last four digits of the phone, all that a clerk needs to see."""
        return self.phone[-4:]

    @property
    def phone_masked(self) -> str:
        """The phone with its middle hidden: 138****0000."""
        return mask_phone(self.phone)


def mask_phone(phone: str) -> str:
    """Hide the middle of a phone number: 13800000000 -> 138****0000."""
    return f"{phone[:3]}****{phone[-4:]}" if phone else ""


def mask_name(name: str) -> str:
    """Hide all but the first character of a name: 王小明 -> 王**."""
    return name[:1] + "*" * (len(name) - 1)


class Address(models.Model):
    """Where parcels of a member go. At most one is the default."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="addresses")
    receiver_name = EncryptedTextField("收货人")
    receiver_phone = EncryptedTextField("手机", validators=[PHONE])
    region_code = models.CharField("地区", max_length=12)
    region_path = models.CharField("地区名称", max_length=120)
    detail = EncryptedTextField("详细地址")
    is_default = models.BooleanField("默认地址", default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "收货地址"
        constraints = [
            models.UniqueConstraint(fields=["member"], condition=Q(is_default=True), name="address_one_default")
        ]

    def __str__(self) -> str:
        return f"{self.region_path} #{self.pk}"

    @property
    def full_address(self) -> str:
        """Region and street in one line, as people write it."""
        return regions.one_line(self.region_path) + self.detail

    @property
    def phone_masked(self) -> str:
        """The receiver's phone with its middle hidden."""
        return mask_phone(self.receiver_phone)


class Consent(models.Model):
    """That somebody agreed to a version of the privacy policy, when and from where."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="consents")
    document = models.CharField(max_length=20, default="privacy")
    version = models.CharField(max_length=20)
    ip = models.GenericIPAddressField(null=True)
    given_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member", "document", "version"], name="consent_once_per_version")
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.document} {self.version}"


class SmsCode(models.Model):
    """A sign-in code that was sent to a phone; only its hash is kept."""

    phone_index = models.CharField(max_length=64, db_index=True)
    code_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_index=True)
    expires_at = models.DateTimeField()
    tries_left = models.PositiveSmallIntegerField(default=5)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.created_at:%F %T}"


def staff_scope(staff: Member) -> list[int] | None:
    """Return the ids of the stores whose orders `staff` may see, or None for all of them."""
    if staff.is_superuser:
        return None
    stores = list(staff.stores.all())
    return None if any(store.is_headquarters for store in stores) else [store.pk for store in stores]


def in_scope(staff: Member, column: str = "store") -> Q:
    """Return the condition that `column`, a store, is one for which `staff` works."""
    stores = staff_scope(staff)
    return Q() if stores is None else Q(**{f"{column}__in": stores})


def in_scope_at_once(staff: Member, column: str = "store") -> Q:
    """Return the condition of `in_scope`, without a statement of its own for the stores."""
    stores = Store.objects.filter(staff=staff)
    if staff.is_superuser:
        return Q()
    return Q(Exists(stores.filter(is_headquarters=True))) | Q(**{f"{column}__in": stores})


def serves(staff: Member, store_id: int) -> bool:
    """Say whether `staff` works for that store, or for headquarters."""
    stores = staff_scope(staff)
    return stores is None or store_id in stores
