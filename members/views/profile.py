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
    member = request.user
    initial = {"nickname": member.nickname, "birthday": member.birthday}
    form = ProfileForm(request.POST or None, initial=initial, today=timezone.localdate())
    if request.method == "POST" and form.is_valid():
        services.save_profile(member=member, **form.cleaned_data)
        messages.success(request, "资料已保存")
        return redirect("me")
    return render(request, "members/profile.html", {"form": form, "member": member})
