"""What members may say about themselves."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from members import services
from members.forms import ProfileForm
from members.views.access import MemberRequest, shopper_required


@require_http_methods(["GET", "HEAD", "POST"])
@shopper_required
def profile(request: MemberRequest) -> HttpResponse:
    member, now = request.user, timezone.now()
    today = timezone.localdate(now)
    initial = {"nickname": member.nickname, "birthday": member.birthday}
    free_on = services.birthday_free_on(member)
    form = ProfileForm(request.POST or None, initial=initial, today=today, free_on=free_on)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_profile(member=member, today=today, now=now, **form.cleaned_data)
        except services.BirthdayFixed as refusal:  # another tab was quicker
            form.add_error("birthday", refusal.message)
        else:
            messages.success(request, "资料已保存")
            return redirect("me")
    return render(request, "members/profile.html", {"form": form, "member": member})
