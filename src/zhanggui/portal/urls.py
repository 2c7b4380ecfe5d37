"""All pages with the right that each needs."""

from zhanggui.portal.routing import ANYONE, page
from zhanggui.portal.views import clauses, entry, gallery, imports, orders, preferences, runs, workbench

FORM = ("GET", "POST")
POST = ("POST",)

urlpatterns = [
    page("sign-in/", entry.sign_in, name="sign-in", right=ANYONE, methods=FORM),
    page("sign-out/", entry.sign_out, name="sign-out", right=ANYONE, methods=POST),
    page("welcome/<str:token>/", entry.welcome, name="welcome", right=ANYONE, methods=FORM),
    page("preferences/", preferences.prefer, name="preferences", right=ANYONE, methods=POST),
    page("", workbench.workbench, name="workbench", right="work.see"),
    page("orders/", orders.queue, name="orders", right="orders.see"),
    page(
        "orders/move/",
        orders.move,
        name="orders-move",
        right="orders.process",
        methods=POST,
        many=("id",),
    ),
    page("orders/<int:order_id>/", orders.order, name="order", right="orders.see"),
    page("orders/<int:order_id>/panel/", orders.peek, name="order-panel", right="orders.see"),
    page("imports/", imports.imports, name="imports", right="import.see"),
    page("imports/upload/", imports.upload, name="import-upload", right="import.run", methods=POST),
    page("imports/<int:intake_id>/", imports.file, name="import", right="import.see"),
    page("imports/<int:intake_id>/columns/", imports.columns, name="import-columns", right="import.run"),
    page("imports/<int:intake_id>/check/", imports.check, name="import-check", right="import.run", methods=POST),
    page("imports/<int:intake_id>/commit/", imports.commit, name="import-commit", right="import.run", methods=POST),
    page("imports/<int:intake_id>/errors/", imports.errors, name="import-errors", right="import.run"),
    page("clocks/<int:clock_id>/panel/", clauses.clock_panel, name="clock-panel", right="work.see"),
    page("clauses/", clauses.clauses, name="clauses", right="clauses.see"),
    page("clauses/<str:number>/", clauses.clause, name="clause", right="clauses.see"),
    page("journal/", runs.journal, name="runs", right="journal.see"),
    page("journal/<int:run_id>/", runs.run, name="run", right="journal.see"),
    page("gallery/", gallery.gallery, name="gallery", right="work.see"),
    page("gallery/panel/", gallery.gallery_panel, name="gallery-panel", right="work.see"),
]
