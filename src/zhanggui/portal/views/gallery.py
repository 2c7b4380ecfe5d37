"""Every component on one page, with invented records: what a new page is built from."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from zhanggui.kernel import clock
from zhanggui.portal.wording import STATES


def gallery(request: HttpRequest) -> HttpResponse:
    """Show all components."""
    as_of = clock.now()
    left = [
        ("open", as_of + timedelta(hours=22, minutes=4), as_of + timedelta(hours=20)),
        ("open", as_of + timedelta(minutes=35), as_of),
        ("breached", as_of - timedelta(hours=3, minutes=12), as_of),
        ("paused", as_of + timedelta(hours=1), as_of),
        ("met", as_of, as_of),
    ]
    rows = [
        {"no": f"E2026-{n:04d}", "state": state, "total": 19_990 + n * 137}
        | {"due_at": due_at, "warn_at": warn_at, "clock": name}
        for n, (state, (name, due_at, warn_at)) in enumerate(zip(STATES["order"], left * 2, strict=False), 1)
    ]  # fmt: skip
    facts = {"as_of": as_of, "left": left, "rows": rows, "states": STATES, "swatches": SWATCHES}
    return render(request, "portal/gallery.html", facts)


def gallery_panel(request: HttpRequest) -> HttpResponse:
    """Fill the side panel of the gallery."""
    return render(request, "portal/parts/_gallery_panel.html", {"as_of": clock.now()})


SWATCHES = ("ground", "surface", "raised", "line", "ink", "muted", "accent", "good", "warn", "bad")
