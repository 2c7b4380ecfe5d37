"""How the order queue says what it filters by, shows and does. Pure: no query, no clock."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

Words = str | Promise

STATES: dict[str, tuple[Words, str]] = {
    "received": (gettext_lazy("To confirm"), "warn"),
    "unpaid": (gettext_lazy("Unpaid"), "plain"),
    "held": (gettext_lazy("On hold"), "bad"),
    "confirmed": (gettext_lazy("To reserve"), "info"),
    "reserved": (gettext_lazy("To release"), "info"),
    "released": (gettext_lazy("To ship"), "info"),
    "shipped": (gettext_lazy("Shipped"), "good"),
    "cancelled": (gettext_lazy("Cancelled"), "plain"),
    "history": (gettext_lazy("Earlier orders"), "plain"),
}
TABS: dict[str, Words] = {
    "received": gettext_lazy("To confirm"),
    "unpaid": gettext_lazy("Unpaid"),
    "held": gettext_lazy("On hold"),
    "stopped": gettext_lazy("Stopped in work"),
    "confirmed": gettext_lazy("To reserve"),
    "short": gettext_lazy("Short of stock"),
    "reserved": gettext_lazy("To release"),
    "released": gettext_lazy("To ship"),
    "shipped": gettext_lazy("Shipped"),
    "cancelled": gettext_lazy("Cancelled"),
    "history": gettext_lazy("Earlier orders"),
}
ALARMING = ("held", "stopped", "short")
COLUMNS: dict[str, Words] = {
    "shop": gettext_lazy("Shop"),
    "buyer": gettext_lazy("Buyer, receiver"),
    "province": gettext_lazy("Province"),
    "goods": gettext_lazy("Goods"),
    "amount": gettext_lazy("Amount"),
    "payment": gettext_lazy("Payment"),
    "flag": gettext_lazy("Flag"),
    "notes": gettext_lazy("Notes"),
    "state": gettext_lazy("State"),
    "placed": gettext_lazy("Placed"),
    "left": gettext_lazy("Time left"),
    "priority": gettext_lazy("Priority"),
    "received": gettext_lazy("Taken in"),
    "origin": gettext_lazy("Origin"),
}
SORTS: dict[str, Words] = {
    "newest": gettext_lazy("Newest first"),
    "oldest": gettext_lazy("Oldest first"),
    "due": gettext_lazy("Platform's limit first"),
}
PAYMENTS: dict[str, Words] = {
    "paid": gettext_lazy("Paid"),
    "unpaid": gettext_lazy("Unpaid"),
    "cod": gettext_lazy("Cash on delivery"),
}
PRESALES: dict[str, Words] = {
    "deposit": gettext_lazy("Pre-sale: deposit paid"),
    "balance": gettext_lazy("Pre-sale: balance paid"),
}
STANDINGS: dict[str, Words] = {
    "open": gettext_lazy("to be shipped"),
    "done": gettext_lazy("shipped or finished"),
    "closed": gettext_lazy("closed"),
}
REFUNDS: dict[str, Words] = {
    "asked": gettext_lazy("Refund asked"),
    "done": gettext_lazy("Refunded"),
}
FLAGS: dict[str, Words] = {
    "red": gettext_lazy("Red flag"),
    "yellow": gettext_lazy("Yellow flag"),
    "green": gettext_lazy("Green flag"),
    "blue": gettext_lazy("Blue flag"),
    "purple": gettext_lazy("Purple flag"),
    "orange": gettext_lazy("Orange flag"),
    "cyan": gettext_lazy("Cyan flag"),
    "gray": gettext_lazy("Grey flag"),
}
MARKS: dict[str, Words] = {
    "risk": gettext_lazy("Risk"),
    "locked": gettext_lazy("Locked"),
    "address_changed": gettext_lazy("Address changed"),
}
ORIGINS: dict[str, Words] = {
    "channel": gettext_lazy("Channel"),
    "manual": gettext_lazy("By hand"),
    "split": gettext_lazy("Split off"),
    "resend": gettext_lazy("Sent again"),
}
KIN: dict[str, Words] = {
    "parent": gettext_lazy("Comes from"),
    "child": gettext_lazy("Split off or sent again"),
    "parcel": gettext_lazy("In the same parcel"),
}
RECEIVERS: dict[str, Words] = {
    "masked": gettext_lazy("masked by the platform"),
    "held": gettext_lazy("kept by the platform"),
    "none": gettext_lazy("not given"),
}
FIELDS: dict[str, Words] = {
    "q": gettext_lazy("Words"),
    "shop": gettext_lazy("Shop"),
    "from": gettext_lazy("Placed from"),
    "to": gettext_lazy("Placed until"),
    "hold": gettext_lazy("Reason to wait"),
    "flag": gettext_lazy("Flag"),
    "payment": gettext_lazy("Payment"),
    "presale": gettext_lazy("Pre-sale"),
    "mark": gettext_lazy("Mark"),
    "province": gettext_lazy("Province"),
    "code": gettext_lazy("SKU or merchant code"),
    "least": gettext_lazy("Amount from"),
    "most": gettext_lazy("Amount to"),
    "within": gettext_lazy("Platform's limit within"),
    "first": gettext_lazy("Served first"),
    "short": gettext_lazy("Short of stock"),
    "noted": gettext_lazy("With a note"),
    "handed": gettext_lazy("Figure"),
}
WITHIN = (2, 6, 12, 24, 48)
ACTS: dict[str, Words] = {
    "confirm": gettext_lazy("Confirm"),
    "resolve": gettext_lazy("Check again"),
    "reserve": gettext_lazy("Reserve stock"),
    "release": gettext_lazy("Hand to logistics"),
    "ship": gettext_lazy("Ship with own delivery"),
    "process": gettext_lazy("Process until shipped"),
    "priority": gettext_lazy("Set the priority"),
    "cancel": pgettext_lazy("an act on orders", "Cancel"),
}
PRIORITIES: dict[int, Words] = {
    0: gettext_lazy("Ordinary"),
    50: gettext_lazy("Urgent"),
    80: gettext_lazy("Very urgent"),
    100: gettext_lazy("Before all others"),
}
STEPS: dict[str, Words] = {"people.export_data": gettext_lazy("Data taken out as a file")}
JOBS: dict[str, Words] = {
    "orders.bulk": gettext_lazy("Act on all orders that match"),
    "orders.export": gettext_lazy("Write orders into a file"),
}
REFUSALS: dict[str, Words] = {
    "no_right": gettext_lazy("you have no right to take unmasked personal data out"),
    "reason_missing": gettext_lazy("a reason is needed"),
}


def hours(n: int) -> str:
    """Say some hours."""
    return ngettext("%(n)d hour", "%(n)d hours", n) % {"n": n}


def priority(value: int) -> str:
    """Say how urgent an order is; a value between those that can be chosen is shown as a number."""
    return str(PRIORITIES.get(value, _("Priority %(n)d") % {"n": value}))


def done_words(act: str, n: int) -> str:
    """Say how many orders a bulk act took that single orders do not know."""
    if act == "priority":
        return ngettext("Priority of %(n)d order set.", "Priority of %(n)d orders set.", n) % {"n": n}
    return ngettext("%(n)d order went on.", "%(n)d orders went on.", n) % {"n": n}
