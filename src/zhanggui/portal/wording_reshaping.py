"""How splitting, merging, sending again, warehouses and turns are said, and why something stays."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext

Words = str | Promise

SUBJECTS: dict[str, Words] = {
    "priority": gettext_lazy("Priority"),
    "parcel": gettext_lazy("Shared parcel"),
    "favoured": gettext_lazy("Favoured buyer"),
    "warehouse": gettext_lazy("Warehouse"),
    "preference": gettext_lazy("Preferred warehouse"),
}
STEPS: dict[str, Words] = {
    "processes.split_orders": gettext_lazy("Split off"),
    "processes.merge_orders": gettext_lazy("Put in one parcel"),
    "processes.unmerge_orders": gettext_lazy("Taken out of the parcel"),
    "processes.resend_orders": gettext_lazy("Sent again"),
    "orders.set_priority": gettext_lazy("Priority set"),
    "orders.raise_urgent": gettext_lazy("Made urgent, near the channel's limit"),
    "orders.edit_favoured": gettext_lazy("Favoured buyers changed"),
    "inventory.set_warehouses": gettext_lazy("Warehouse changed"),
    "inventory.prefer_warehouses": gettext_lazy("Preferred warehouses changed"),
}
REFUSALS: dict[str, Words] = {
    "shortage_open": gettext_lazy("its customer is being asked about a shortage; settle that first"),
    "travels_together": gettext_lazy("it goes in a parcel with other orders; take it out first"),
    "unknown_part": gettext_lazy("the pieces belong to another order"),
    "too_many": gettext_lazy("there are not so many pieces"),
    "nothing_chosen": gettext_lazy("no piece was chosen"),
    "nothing_left": gettext_lazy("all pieces were chosen; leave some in the order"),
    "receivers_differ": gettext_lazy("it goes to another receiver, or is of another shop"),
    "warehouses_differ": gettext_lazy("the goods lie in two warehouses"),
    "fellow_waits": gettext_lazy("another order of its parcel may not go yet; wait, or take it out"),
    "travels_alone": gettext_lazy("it goes alone already"),
    "bad_priority": gettext_lazy("a priority is a whole number from 0 to 100"),
    "unknown_warehouse": gettext_lazy("there is no such warehouse"),
    "unknown_province": gettext_lazy("there is no such province"),
    "warehouse_nameless": gettext_lazy("a warehouse needs a name"),
}


def done_words(act: str, n: int) -> str:
    """Say how many orders an act took."""
    words = {
        "split": ngettext("%(n)d order split.", "%(n)d orders split.", n),
        "merge": ngettext("%(n)d order put in a parcel with another.", "%(n)d orders put in a parcel with others.", n),
        "unmerge": ngettext("%(n)d order goes alone again.", "%(n)d orders go alone again.", n),
        "resend": ngettext("%(n)d order made for what is sent again.", "%(n)d orders made for what is sent again.", n),
        "priority": ngettext("%(n)d order has its new priority.", "%(n)d orders have their new priority.", n),
    }
    return words[act] % {"n": n}
