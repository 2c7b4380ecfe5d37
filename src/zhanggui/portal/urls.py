"""All pages with the right that each needs."""

from zhanggui.portal.routing import ANYONE, page
from zhanggui.portal.views import entry, gallery, preferences

FORM = ("GET", "POST")

urlpatterns = [
    page("sign-in/", entry.sign_in, name="sign-in", right=ANYONE, methods=FORM),
    page("sign-out/", entry.sign_out, name="sign-out", right=ANYONE, methods=("POST",)),
    page("welcome/<str:token>/", entry.welcome, name="welcome", right=ANYONE, methods=FORM),
    page("preferences/", preferences.prefer, name="preferences", right=ANYONE, methods=("POST",)),
    page("", gallery.gallery, name="workbench", right="work.see"),
    page("gallery/", gallery.gallery, name="gallery", right="work.see"),
    page("gallery/panel/", gallery.gallery_panel, name="gallery-panel", right="work.see"),
]
