"""Orders taken by hand, as by telephone: typed on one page, and taken in like those of any channel."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from zhanggui.catalog.queries import explode
from zhanggui.kernel import clock, ids
from zhanggui.kernel.text import clean_id
from zhanggui.portal import manual_form, wording
from zhanggui.portal.acting import carried_out, context_of
from zhanggui.portal.reading.reshaping import manual_order, named_skus, skus_like
from zhanggui.processes.intake import bring_in_orders
from zhanggui.sales.orders.intake import open_shops
from zhanggui.sales.orders.records import OrderIn, Origin, Payment, ShopKey, State

SHOP = ShopKey("manual", "manual", "CNY", "Asia/Shanghai")
WORDS_MIN, WORDS_MAX = 1, 64
LINE_FIELDS = ("code", "quantity", "price", "discount")


def new_order(request: HttpRequest) -> HttpResponse:
    """Show the form of an order taken by hand, and take it in."""
    if request.method != "POST":
        return _page(request, manual_form.blank(), ids.token())
    key = request.POST.get("key", "")
    if not manual_form.KEY.fullmatch(key):
        key = ids.token()
    form = manual_form.typed(request.POST)
    if request.POST.get("more"):
        form.rows += [manual_form.Row() for _row in range(manual_form.MORE)]
        return _page(request, form, key)
    number = manual_form.number_for(key, clock.now())
    if before := manual_order(number):
        messages.info(request, _("This was done already; it was not done twice."))
        return redirect("order", before.id)
    return _take_in(request, form, key, number)


def _take_in(request: HttpRequest, form: manual_form.Form, key: str, number: str) -> HttpResponse:
    """Take the order in, or show the form again with what is wrong beside its fields."""
    context = context_of(request, key=key)
    shop = int(open_shops([SHOP], context=context_of(request)).accepted[0].result)
    codes = sorted({code for row in form.rows if (code := clean_id(row.code))})
    known = explode(shop, codes)
    titles, prices = named_skus(codes)
    lines = manual_form.judge(form, known, prices)
    if not form.fine:
        return _page(request, form, key)
    row = manual_form.order_of(form, lines, titles, shop, number, context.as_of)
    answer = carried_out(request, bring_in_orders, [row], context)
    for refused in answer.rejected if answer else ():
        messages.warning(request, str(wording.REFUSALS.get(refused.code, refused.code)))
    made = manual_order(number)
    if made is None:
        return _page(request, form, key)
    if made.state == State.HELD:
        messages.warning(request, _("The order is taken in and waits for a person; see why below."))
    else:
        messages.success(request, _("The order is taken in."))
    return redirect("order", made.id)


def _page(request: HttpRequest, form: manual_form.Form, key: str) -> HttpResponse:
    labels = {
        "receiver": _("Name"), "phone": _("Phone"), "province": _("Province"), "city": _("City"),
        "district": _("District"), "address": _("Address"), "buyer": _("Buyer, if another person"),
    }  # fmt: skip
    fields = [
        (name, label, form.texts[name], manual_form.CONTACT[name], form.wrong.get(name, ""), name in manual_form.NEEDED)
        for name, label in labels.items()
    ]
    payments = {"paid": _("Paid"), "cod": _("Cash on delivery"), "unpaid": _("Not paid yet")}
    facts = {"form": form, "fields": fields, "payments": payments, "key": key}
    return render(request, "portal/manual.html", facts, status=200 if form.fine else 422)


def skus(request: HttpRequest) -> HttpResponse:
    """Fill the list of products that a typed code or name may mean."""
    words = request.GET.getlist("code")[0].strip()[:WORDS_MAX] if request.GET.get("code") else ""
    return render(request, "portal/_sku_options.html", {"skus": skus_like(words) if len(words) >= WORDS_MIN else []})


def paid(request: HttpRequest, order_id: int) -> HttpResponse:
    """Note that an order taken by hand was paid; it goes on, and its clock with it."""
    order = manual_order(order_id)
    if order is None:
        raise Http404
    context = context_of(request, key=request.POST.get("key", "")[:64] or None)
    news = OrderIn(
        order.shop_id, order.external_id, order.placed_at, (), order.content_hash, payment=str(Payment.PAID),
        paid_at=context.as_of, origin=str(Origin.MANUAL), flag=order.flag,
    )  # fmt: skip
    answer = carried_out(request, bring_in_orders, [news], context)
    if answer is not None and answer.accepted:
        messages.success(request, _("The payment is noted; the order goes on."))
    return redirect("order", order_id)
