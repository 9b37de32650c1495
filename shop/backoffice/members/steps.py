"""What the staff may do with one member: each step has a permission, a small form and one service."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse

from members import services as members
from members.models import Member
from orders.services import StillOpen
from shop import privacy
from shop.backoffice.base import log, now, posted, staff_of
from shop.backoffice.members import forms
from shop.backoffice.members.scope import member_for

Facts = dict[str, Any]


class StepRefused(Exception):
    """A step that cannot be done (any more); the message is the sentence to show, `field` where."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message, self.field = message, field


@dataclass(frozen=True)
class Step:
    """A button on the page of a member and what it leads to; `run` returns the sentence that says it is done."""

    title: str
    permission: str
    form: type[forms.StepForm]
    is_open: Callable[[Member], bool]
    run: Callable[[HttpRequest, Member, Facts], str]
    hint: str = ""
    tone: str = ""
    button: str = ""  # the title, unless it says something else


def write_note(request: HttpRequest, member: Member, facts: Facts) -> str:
    log(request, "note_member", member, summary=f"备注会员 {member.no}", before={"note": member.note}, after=facts)
    members.write_note(member=member, note=facts["note"])
    return "已保存备注"


def set_tags(request: HttpRequest, member: Member, facts: Facts) -> str:
    """Hang and take off until the member has exactly the tags that were asked for."""
    own = Member.objects.filter(pk=member.pk)
    before = list(member.tags.order_by("name").values_list("name", flat=True))
    members.untag_members(members=own, names=[name for name in before if name not in facts["names"]])
    members.tag_members(members=own, names=facts["names"])
    log(
        request, "tag_member", member, summary=f"给会员 {member.no} 打标签",
        before={"tags": before}, after={"tags": facts["names"]},
    )  # fmt: skip
    return "已保存标签"


def switch(request: HttpRequest, member: Member, facts: Facts) -> str:
    """Let in or keep out: whichever the member is not."""
    to = not member.is_active
    members.switch_members(members=Member.objects.filter(pk=member.pk), is_active=to)
    word = "启用" if to else "停用"
    log(
        request, "switch_member", member, summary=f"{word}会员 {member.no}",
        before={"is_active": member.is_active}, after={"is_active": to, "reason": facts["reason"]},
    )  # fmt: skip
    return f"已{word}"


def adjust_points(request: HttpRequest, member: Member, facts: Facts) -> str:
    """Give or take points; the service writes the log."""
    points = facts["points"] if facts["way"] == "give" else -facts["points"]
    try:
        members.adjust_points(
            member_id=member.pk, points=points, reason=facts["reason"], source=facts["key"], by=staff_of(request),
            now=now(),
        )  # fmt: skip
    except members.AdjustmentRefused as refusal:
        raise StepRefused(refusal.message, "points") from refusal
    return "已调整积分"


def set_level(request: HttpRequest, member: Member, facts: Facts) -> str:
    """Lock a level until a day, or let it be computed again; the service writes the log."""
    common = {"member_id": member.pk, "reason": facts["reason"], "by": staff_of(request), "now": now()}
    if facts["level"] == "auto":
        members.unlock_level(**common)
        return "已取消锁定，等级按消费自动计算"
    try:
        members.lock_level(level_id=int(facts["level"]), until=facts["until"], **common)
    except members.LevelRefused as refusal:
        raise StepRefused(refusal.message, "until") from refusal
    return "已修改等级"


def erase(request: HttpRequest, member: Member, facts: Facts) -> str:
    """Forget the person; the service writes the log."""
    try:
        privacy.erase(member=member, by=staff_of(request), reason=facts["reason"], now=now())
    except StillOpen as still:
        raise StepRefused(still.message) from still
    return "已注销，个人信息已删除"


def is_there(member: Member) -> bool:
    return member.erased_at is None


STEPS: dict[str, Step] = {
    "note": Step("备注", "members.change_member", forms.NoteForm, is_there, write_note, button="保存"),
    "tags": Step("标签", "members.change_member", forms.OwnTagsForm, is_there, set_tags, button="保存"),
    "points": Step(
        "调积分", "members.add_pointsentry", forms.PointsForm, is_there, adjust_points,
        hint="马上生效，会员会在积分明细里看到原因。", button="保存",
    ),
    "level": Step("改等级", "members.change_member", forms.LevelForm, is_there, set_level, button="保存"),
    "off": Step(
        "停用", "members.change_member", forms.StepReasonForm, lambda member: is_there(member) and member.is_active,
        switch, hint="停用后不能登录和下单，已下的订单照常处理。随时可以启用。", tone="danger",
    ),
    "on": Step(
        "启用", "members.change_member", forms.StepReasonForm,
        lambda member: is_there(member) and not member.is_active, switch, hint="启用后可以重新登录。",
    ),
    "erase": Step(
        "注销处理", "members.delete_member", forms.EraseForm, is_there, erase, tone="danger",
        hint="替会员注销：删除手机、昵称、生日、地址、收藏、足迹和订单里的收货信息，保留订单和金额。不能恢复。",
    ),
}  # fmt: skip


def open_steps(member: Member, staff: Any) -> list[tuple[str, str, str]]:
    """List `(address, title, tone)` of what `staff` may do with `member` now, coupons among it."""
    found = [
        (reverse("admin:members_member_step", args=[member.pk, name]), step.title, step.tone)
        for name, step in STEPS.items()
        if step.is_open(member) and staff.has_perm(step.permission)
    ]
    if is_there(member) and staff.has_perm("promotions.add_couponpush"):
        try:
            found.insert(0, (f"{reverse('admin:coupon_push')}?members={member.pk}", "发券", "main"))
        except NoReverseMatch:
            return found
    return found


def member_step(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Ask, do, and lead back to the member. A step that is not open any more is a 404 before, a sentence after."""
    if name not in STEPS:
        raise Http404
    step = STEPS[name]
    member = member_for(request, pk, step.permission)
    back = reverse("admin:members_member_change", args=[pk])
    if not step.is_open(member):
        messages.warning(request, "会员的状态已经变了，请看看现在的情况")
        return redirect(back)
    form = step.form(posted(request), member=member)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                done = step.run(request, member, form.cleaned_data)
        except StepRefused as refusal:
            form.add_error(refusal.field, refusal.message)
        else:
            messages.success(request, done)
            return redirect(back)
    context = {
        "title": f"{step.title} · {'已注销' if member.erased_at else member}", "form": form, "hint": step.hint,
        "button": step.button or step.title, "back": back, "button_tone": step.tone or "main",
    }  # fmt: skip
    return TemplateResponse(request, "admin/confirm.html", {**admin.site.each_context(request), **context})
