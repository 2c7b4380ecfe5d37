"""How a person keeps the order queue: saved filters and chosen columns."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from zhanggui.people.lists import change_filter, choose_columns, remove_filter, save_filter
from zhanggui.portal.acting import staff_of
from zhanggui.portal.reading.order_queue import COLUMNS, DEFAULT_COLUMNS
from zhanggui.portal.views.entry import next_address
from zhanggui.portal.views.order_questions import clean_query
from zhanggui.portal.views.orders import PAGE

NAME_MAX = 40


def filters(request: HttpRequest) -> HttpResponse:
    """Keep the question under a name, or change or remove one that is kept."""
    act, me = request.POST.get("act", ""), staff_of(request).pk
    name = " ".join(request.POST.get("name", "").split())[:NAME_MAX]
    shared, opens = (bool(request.POST.get(one)) for one in ("shared", "opens"))
    if act == "remove":
        if remove_filter(me, _id(request)):
            messages.success(request, _("The saved filter is gone."))
    elif not name:
        messages.warning(request, _("Give the filter a name."))
    elif act == "change":
        if not change_filter(me, _id(request), name=name, shared=shared, opens=opens):
            messages.warning(request, _("Nothing changed: the name is taken, or the filter is not yours."))
    elif act == "save":
        _save(request, me, name, shared=shared, opens=opens)
    else:
        raise BadRequest("unknown act")
    return HttpResponseRedirect(next_address(request))


def _save(request: HttpRequest, me: int, name: str, *, shared: bool, opens: bool) -> None:
    query = clean_query(request.POST.get("query", ""))
    if not query:
        messages.warning(request, _("Filter first; there is nothing to keep."))
    elif save_filter(me, PAGE, name, query, shared=shared, opens=opens):
        messages.success(request, _("The filter is kept."))
    else:
        messages.warning(request, _("You keep as many filters as there may be. Remove one first."))


def _id(request: HttpRequest) -> int:
    text = request.POST.get("id", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise BadRequest("unknown id")
    return int(text)


def columns(request: HttpRequest) -> HttpResponse:
    """Keep the columns that a person wants to see; the table's own order stays."""
    chosen = request.POST.getlist("column")
    if not set(chosen) <= set(COLUMNS):
        raise BadRequest("unknown column")
    kept = tuple(one for one in COLUMNS if one in chosen)
    choose_columns(staff_of(request).pk, PAGE, () if kept == DEFAULT_COLUMNS else kept)
    return HttpResponseRedirect(next_address(request))
