"""The rules of validity: what each caught, turned on or off per shop; and the blocklist."""

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhanggui.delivery.records import JobRequest
from zhanggui.delivery.steps import enqueue_jobs
from zhanggui.journal.records import Busy, Context
from zhanggui.kernel import clock, ids
from zhanggui.portal import asking, hold_words, wording
from zhanggui.portal.acting import REASON_MAX, carried_out, context_of, may
from zhanggui.portal.reading import orders
from zhanggui.portal.reading import validity as reading
from zhanggui.processes.judging import JUDGE_JOB, judge_all
from zhanggui.sales.orders.models import Shop
from zhanggui.sales.orders.queries import unconfirmed
from zhanggui.sales.orders.records import Blocked, RuleSwitch
from zhanggui.sales.orders.switches import BLOCK_KINDS, edit_blocklist, set_shop_rules
from zhanggui.sales.orders.validity import SWITCHABLE

CHANGES = "rules.change"
DAYS = ("1", "7", "30", "365")
AT_ONCE = 5_000
LIST_LINES = 5_000
LIST_SIGNS = 400_000


def rules(request: HttpRequest) -> HttpResponse:
    """Show every rule with what it caught, for all shops or for one, where it can be turned on and off."""
    as_of = clock.now()
    known = orders.shops()
    shop = _shop(asking.whole(request, "shop"), known)
    days = asking.choice(request, "days", DAYS, "30")
    facts = {
        "as_of": as_of,
        "shops": known.values(),
        "shop": shop,
        "days": days,
        "all_days": DAYS,
        "lines": reading.rule_lines(shop, as_of - timedelta(days=int(days)), as_of),
        "confirming": reading.confirming(as_of),
        "switches": reading.switches(shop) if shop else (),
        "may_change": may(request, CHANGES),
        "may_see_runs": may(request, "journal.see"),
        "may_set": may(request, "regulation.change"),
        "key": ids.token(),
    }
    return render(request, "portal/rules.html", facts)


def _shop(key: int | None, known: dict[int, Shop]) -> Shop | None:
    if key is not None and key not in known:
        raise BadRequest("unknown shop")
    return known[key] if key is not None else None


def set_rules(request: HttpRequest) -> HttpResponse:
    """Turn the rules of a shop on and off as ticked, and judge what nobody confirmed by them."""
    key = request.POST.get("shop", "")
    shop = _shop(int(key) if key.isascii() and key.isdigit() and len(key) <= 18 else -1, orders.shops())
    ticked = set(request.POST.getlist("on"))
    reason = request.POST.get("reason", "").strip()[:REASON_MAX]
    if shop is None or not ticked <= SWITCHABLE:
        raise BadRequest("unknown rule")
    back = HttpResponseRedirect(f"{reverse('rules')}?shop={shop.id}")
    if not reason:
        messages.warning(request, _("Say why; the reason stands beside the change for good."))
        return back
    context = context_of(request, key=request.POST.get("key", "")[:64] or None, reason=reason)
    rows = [RuleSwitch(shop.id, code, code in ticked) for code in sorted(SWITCHABLE)]
    answer = carried_out(request, set_shop_rules, rows, context)
    changed = sum(row.result != "unchanged" for row in answer.accepted) if answer else 0
    if changed:
        words = ngettext("%(n)d rule changed.", "%(n)d rules changed.", changed)
        messages.success(request, words % {"n": changed})
        _judge(request, context, shop.id)
    elif answer:
        messages.info(request, _("Nothing was changed."))
    return back


def judge(request: HttpRequest) -> HttpResponse:
    """Judge all unconfirmed orders by the rules as they are now."""
    _judge(request, context_of(request, reason=_("judged again by hand")), None)
    return redirect("rules")


def _judge(request: HttpRequest, context: Context, shop: int | None) -> None:
    """Judge unconfirmed orders again: at once when they are few, else as a job in the background."""
    if unconfirmed(shop)[: AT_ONCE + 1].count() > AT_ONCE:
        payload: dict[str, str | int] = {
            "actor_kind": context.actor.kind, "actor_id": context.actor.id, "shop": shop or 0, "reason": context.reason
        }  # fmt: skip
        job = JobRequest(JUDGE_JOB, context.key or ids.token(), payload)
        if carried_out(request, enqueue_jobs, [job], Context(context.actor, context.as_of)):
            messages.info(request, _("There are many orders: they are judged again in the background."))
        return
    try:
        counts = judge_all(Context(context.actor, clock.now(), reason=context.reason), shop=shop, moment=clock.now)
    except Busy:
        messages.error(request, _("The database is busy. What is done is done; press again in a moment."))
        return
    if held := counts.get("held"):
        messages.info(request, ngettext("%(n)d order waits now.", "%(n)d orders wait now.", held) % {"n": held})
    if freed := counts.get("freed"):
        words = ngettext("%(n)d order goes on now.", "%(n)d orders go on now.", freed)
        messages.success(request, words % {"n": freed})
    if not held and not freed:
        messages.info(request, _("Judged again: no order changed."))


def blocklist(request: HttpRequest) -> HttpResponse:
    """Show the blocklist, masked, with forms that add to it and take off."""
    words = asking.words(request, "q")
    facts = {
        "page": reading.blocklist(words, request.GET.get("after", "")),
        "words": words,
        "kinds": hold_words.BLOCK_KINDS,
        "may_change": may(request, CHANGES),
        "may_see_runs": may(request, "journal.see"),
        "key": ids.token(),
    }
    return render(request, "portal/blocklist.html", facts)


def block(request: HttpRequest) -> HttpResponse:
    """Add one entry or a pasted list to the blocklist, or take chosen entries off; then judge again."""
    reason = request.POST.get("reason", "").strip()[:REASON_MAX]
    rows = _removed(request) if request.POST.get("act") == "remove" else _added(request)
    if not rows:
        messages.info(request, _("Nothing was given. Write an entry, paste a list, or tick what is to go."))
    elif not reason:
        messages.warning(request, _("Say why; the reason stands beside the entry for good."))
    else:
        context = context_of(request, key=request.POST.get("key", "")[:64] or None, reason=reason)
        answer = carried_out(request, edit_blocklist, rows, context)
        changed = [str(row.result) for row in answer.accepted if row.result != "unchanged"] if answer else []
        _tell_blocked(request, changed, answer.codes if answer else {})
        if changed:
            _judge(request, context, None)
    return redirect("blocklist")


def _added(request: HttpRequest) -> list[Blocked]:
    """Return the entries of the form: one, or one per line of a list as `kind, value, note` in any spelling."""
    form = request.POST
    kind, value = form.get("kind", ""), form.get("value", "").strip()
    if kind not in BLOCK_KINDS:
        raise BadRequest("unknown kind")
    rows = [Blocked(kind, value, form.get("note", "").strip())] if value else []
    for line in form.get("list", "")[:LIST_SIGNS].splitlines()[:LIST_LINES]:
        told = [part.strip() for part in line.replace("，", ",").replace("\t", ",").split(",", 2)]
        if told[0] in KINDS_SAID and len(told) > 1:
            rows.append(Blocked(KINDS_SAID[told[0]], told[1], told[2] if len(told) > 2 else ""))
        elif told[0]:
            rows.append(Blocked(kind, told[0], ", ".join(told[1:])))
    return rows


KINDS_SAID = {
    "buyer": "buyer", "买家": "buyer", "会员": "buyer", "phone": "phone", "电话": "phone", "手机": "phone",
    "address": "address", "地址": "address",
}  # fmt: skip


def _removed(request: HttpRequest) -> list[Blocked]:
    chosen = request.POST.getlist("id")
    if not all(one.isascii() and one.isdigit() and len(one) <= 18 for one in chosen):
        raise BadRequest("unknown id")
    return [Blocked(row.kind, row.value, on=False) for row in reading.entries(int(one) for one in chosen)]


def _tell_blocked(request: HttpRequest, changed: list[str], codes: dict[str, int]) -> None:
    if listed := changed.count("listed"):
        messages.success(request, ngettext("%(n)d entry added.", "%(n)d entries added.", listed) % {"n": listed})
    if removed := changed.count("removed"):
        words = ngettext("%(n)d entry taken off.", "%(n)d entries taken off.", removed)
        messages.success(request, words % {"n": removed})
    for code, count in sorted(codes.items()):
        words = ngettext("%(n)d entry was not taken: %(why)s.", "%(n)d entries were not taken: %(why)s.", count)
        messages.warning(request, words % {"n": count, "why": wording.REFUSALS.get(code, code)})
