"""Help: the first steps of a day, and what the keyboard can do."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def guide(request: HttpRequest) -> HttpResponse:
    """Show the help page."""
    return render(request, "portal/guide.html")
