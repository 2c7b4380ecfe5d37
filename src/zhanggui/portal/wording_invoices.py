"""How invoices are said: their states, what is wrong with a wish, why one stays, and what was done."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext

Words = str | Promise

STATES: dict[str, tuple[Words, str]] = {
    "waiting": (gettext_lazy("Waits for its order"), "plain"),
    "to_correct": (gettext_lazy("To correct"), "bad"),
    "ready": (gettext_lazy("To issue"), "warn"),
    "exported": (gettext_lazy("Exported"), "info"),
    "issued": (gettext_lazy("To send"), "info"),
    "sent": (gettext_lazy("Sent"), "good"),
    "reversed": (gettext_lazy("Taken back"), "plain"),
    "cancelled": (gettext_lazy("Given up"), "plain"),
}
TABS: dict[str, Words] = {
    "to_correct": gettext_lazy("To correct"),
    "waiting": gettext_lazy("Waits for its order"),
    "ready": gettext_lazy("To issue"),
    "exported": gettext_lazy("Exported"),
    "issued": gettext_lazy("To send"),
    "sent": gettext_lazy("Sent"),
    "red": gettext_lazy("Red letter"),
    "cancelled": gettext_lazy("Given up or taken back"),
}
SUBJECTS: dict[str, Words] = {
    "invoice": gettext_lazy("Invoice"),
    "invoice_content": gettext_lazy("Invoice details, version"),
}
STEPS: dict[str, Words] = {
    "invoices.take_wishes": gettext_lazy("Invoice asked for or changed"),
    "invoices.follow_orders": gettext_lazy("Invoice follows its order"),
    "invoices.export": gettext_lazy("Invoice exported"),
    "invoices.issue": gettext_lazy("Invoice number noted"),
    "invoices.mark_sent": gettext_lazy("Invoice sent"),
    "invoices.cancel": gettext_lazy("Invoice wish given up"),
    "invoices.take_back": gettext_lazy("Red letter asked for"),
}
KINDS: dict[str, Words] = {
    "normal": gettext_lazy("Ordinary invoice"),
    "special": gettext_lazy("Special invoice (tax deducted)"),
}
FINDINGS: dict[str, Words] = {
    "title_missing": gettext_lazy("The title is missing. Ask the buyer, or write 个人 for a person."),
    "tax_no_missing": gettext_lazy("A company needs its tax number; ask the buyer for it."),
    "tax_no_invalid": gettext_lazy("This is no tax number: length or check sign is wrong. Compare sign by sign."),
    "special_for_person": gettext_lazy("A person gets no special invoice; choose the ordinary one."),
    "address_missing": gettext_lazy("A special invoice needs the buyer's address and phone."),
    "bank_missing": gettext_lazy("A special invoice needs the buyer's bank and account."),
    "email_implausible": gettext_lazy("This is no mail address."),
    "not_cny": gettext_lazy("The order is not in yuan; issue its invoice outside."),
    "nothing_paid": gettext_lazy("The buyer paid nothing, so there is nothing to invoice."),
}
REFUSALS: dict[str, Words] = {
    "order_ended": gettext_lazy("the order has ended without a sale"),
    "unknown_invoice": gettext_lazy("there is no such invoice"),
    "invoice_wrong_state": gettext_lazy("the invoice is in another state by now"),
    "not_a_sale": gettext_lazy("its order does not count as a sale now"),
    "already_issued": gettext_lazy("its invoice was issued already; ask for a red letter first"),
    "already_red": gettext_lazy("a red letter was asked for already"),
    "invoice_number_invalid": gettext_lazy(
        "an invoice number has 20 digits, an older one its code of 10 or 12 digits and its number of 8"
    ),
    "invoice_number_used": gettext_lazy("another invoice has this number"),
    "invoice_date_invalid": gettext_lazy("the day of issue is missing, or lies in the future"),
    "invoice_link_invalid": gettext_lazy("the link to the PDF must begin with http:// or https://"),
    "wish_not_found": gettext_lazy("no invoice is wanted for this order; compare the order number"),
    "wish_ambiguous": gettext_lazy("several invoices are wanted under this order number; add the column 申请号"),
}


def done_words(act: str, n: int) -> str:
    """Say how many invoices an act took."""
    words = {
        "cancel": ngettext("%(n)d wish given up.", "%(n)d wishes given up.", n),
        "send": ngettext("%(n)d invoice marked as sent.", "%(n)d invoices marked as sent.", n),
        "red": ngettext("Red letter asked for %(n)d invoice.", "Red letters asked for %(n)d invoices.", n),
        "number": ngettext("%(n)d number noted.", "%(n)d numbers noted.", n),
    }
    return words[act] % {"n": n}
