"""Coming in and going out: sign-in, sign-out, and the one-time welcome link."""

import hashlib

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhanggui.journal.records import Actor, Context
from zhanggui.kernel import clock, ids
from zhanggui.people.models import Staff
from zhanggui.people.queries import has_staff, link_fault, seconds_to_wait
from zhanggui.people.records import NewStaff
from zhanggui.people.steps import forget_failed_sign_ins, join_staff, note_failed_sign_in
from zhanggui.portal.addresses import address_of

DEVICE_COOKIE = "zhanggui_device"
DEVICE_SECONDS = 180 * 24 * 3600
DEVICE_SALT = "portal.device"


USERNAME = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}


class SignInForm(forms.Form):
    """Name and password."""

    username = forms.CharField(label=gettext_lazy("Name to sign in"), max_length=64, widget=forms.TextInput(USERNAME))
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )


class WelcomeForm(forms.Form):
    """What a new member of staff chooses."""

    username = forms.RegexField(
        r"^[\w.@-]{2,64}$",
        label=gettext_lazy("Name to sign in"),
        widget=forms.TextInput(USERNAME),
        error_messages={"invalid": gettext_lazy("Use 2 to 64 letters, digits, or . @ - _")},
    )
    display_name = forms.CharField(label=gettext_lazy("Name shown to colleagues"), max_length=64)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 12 characters, not digits alone; a few words of your own are best."),
    )  # fmt: skip


def sign_in(request: HttpRequest) -> HttpResponse:
    """Let a member of staff in, or say the one sentence that tells nothing about who exists.

    Failures are counted per account and per address and slow the next try. A browser that signed in to the
    account before is counted by itself alone, so neither a stranger's guesses nor a neighbour's keep the owner out.
    """
    if isinstance(request.user, Staff):
        return redirect("workbench")
    form = SignInForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        username, as_of = form.cleaned_data["username"].strip(), clock.now()
        subjects = attempt_subjects(request, username)
        if wait := seconds_to_wait(subjects, as_of):
            words = _("Too many tries. Wait %(seconds)d seconds, then try again.")
            form.add_error(None, words % {"seconds": wait})
            status = 429
        elif user := authenticate(request, username=username, password=form.cleaned_data["password"]):
            forget_failed_sign_ins(subjects[:1])
            login(request, user)
            return _known(HttpResponseRedirect(next_address(request)), username)
        else:
            note_failed_sign_in(subjects, as_of)
            form.add_error(None, _("This name and password do not go together. Check both and try again."))
    facts = {"form": form, "next": next_address(request, default=""), "nobody_yet": not has_staff()}
    return render(request, "portal/sign_in.html", facts, status=status)


def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("sign-in")


def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """Let the holder of a one-time link choose name and password, and sign them in.

    The link is spent by the form, not by opening it, so a mail scanner's visit does not use it up.
    """
    form = WelcomeForm(request.POST if request.method == "POST" else None)
    state = link_fault(NewStaff(token, "", "", "").token_digest, clock.now())
    dead = _explain(form, state, "") if state else ""
    if dead:
        return render(request, "portal/welcome.html", {"form": form, "dead": dead})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        person = NewStaff(token, given["username"], given["display_name"].strip(), given["password"])
        answer = join_staff([person], context=Context(Actor("staff", "invited"), clock.now()))
        if answer.accepted:
            user = authenticate(request, username=person.username, password=person.password)
            if user is not None:
                login(request, user)
            messages.success(request, _("Welcome. This is your workbench: what is due stands at the top."))
            return _known(redirect("workbench"), person.username)
        dead = _explain(form, answer.rejected[0].code, str(answer.rejected[0].details.get("why", "")))
    return render(request, "portal/welcome.html", {"form": form, "dead": dead})


def _explain(form: WelcomeForm, code: str, why: str) -> str:
    """Put a refusal at the field it is about; return it instead when the link itself is dead."""
    if code == "name_taken":
        form.add_error("username", _("Somebody has this name already. Choose another."))
    elif code == "name_missing":
        form.add_error("display_name", _("Write a name that colleagues can read."))
    elif code == "weak_password":
        form.add_error("password", why)
    elif code == "used":
        return _("This link was used already. Sign in, or ask your administrator for a new link.")
    elif code == "expired":
        return _("This link is older than a day. Ask your administrator for a new one.")
    else:
        return _("This link is not valid. Copy it whole from the message that brought it.")
    return ""


def next_address(request: HttpRequest, default: str | None = None) -> str:
    """Return where to go after signing in: only an address on our own host is followed."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return resolve_url("workbench") if default is None else default


def attempt_subjects(request: HttpRequest, username: str) -> list[str]:
    """Return under what a try is counted: the account and the address, or only that account's known browser.

    A browser that signed in to the account before is slowed by its own failures, not by those of its neighbours
    behind one address. Names are kept as digests: people sometimes type their password into the wrong field.
    """
    account = _account(username)
    cookie = request.COOKIES.get(DEVICE_COOKIE, "")
    try:
        known_account, device = signing.loads(cookie, salt=DEVICE_SALT, max_age=DEVICE_SECONDS)
        if known_account == account:
            return [f"device:{device}"]
    except (signing.BadSignature, ValueError, TypeError):
        pass
    return [f"account:{account}", f"address:{address_of(request)}"]


def _account(username: str) -> str:
    return hashlib.sha256(username.casefold().encode()).hexdigest()[:40]


def _known(response: HttpResponse, username: str) -> HttpResponse:
    response.set_cookie(
        DEVICE_COOKIE,
        signing.dumps((_account(username), ids.token(12)), salt=DEVICE_SALT),
        max_age=DEVICE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response
