"""How reasons to wait and the rules behind them are said."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext

Words = str | Promise


class Said(NamedTuple):
    """A reason in a few words, what its rule looks at, and what a person does about it."""

    reason: Words
    about: Words
    todo: Words


SAID: dict[str, Said] = {
    "unknown_sku": Said(
        gettext_lazy("A merchant code is not among the products"),
        gettext_lazy("Every merchant code must be a product, or stand for some; else nobody knows what to send."),
        gettext_lazy("Import the product, then press Check again."),
    ),
    "status_unknown": Said(
        gettext_lazy("The channel's status word is not known"),
        gettext_lazy("A word that is in no table does not say whether to ship."),
        gettext_lazy("Look on the platform how the order stands, then release or reject it."),
    ),
    "content_changed": Said(
        gettext_lazy("The order changed on the platform"),
        gettext_lazy("What came in again differs from what came in first."),
        gettext_lazy("Compare both versions, then keep the first or cancel the order."),
    ),
    "platform_conflict": Said(
        gettext_lazy("The platform says something else than we do"),
        gettext_lazy("The channel calls an order finished, or changed it after it was handed over."),
        gettext_lazy("Find out what truly happened to the goods, then release or reject the order."),
    ),
    "refund_asked": Said(
        gettext_lazy("The buyer asked for the money back"),
        gettext_lazy("An order under refund is not sent until somebody decides."),
        gettext_lazy("Agree with the buyer: reject the order, or release it when the request is withdrawn."),
    ),
    "risk": Said(
        gettext_lazy("The platform marks a risk"),
        gettext_lazy("Orders that the channel suspects are looked at by a person."),
        gettext_lazy("Look at the risk on the platform before you release it."),
    ),
    "locked": Said(
        gettext_lazy("The platform locked the order"),
        gettext_lazy("Locked orders cannot be shipped on the channel."),
        gettext_lazy("Wait until the platform unlocks it; the next import frees it by itself."),
    ),
    "amounts_differ": Said(
        gettext_lazy("The amounts do not add up"),
        gettext_lazy("Lines, freight and discounts must come to what the channel says the buyer pays."),
        gettext_lazy("Compare both amounts with the platform."),
    ),
    "zero_total": Said(
        gettext_lazy("No line has a price"),
        gettext_lazy("An order without any price is a mistake of the shop more often than a gift."),
        gettext_lazy("Look whether a price was set wrongly before goods go out for nothing."),
    ),
    "receiver_incomplete": Said(
        gettext_lazy("The receiver is incomplete"),
        gettext_lazy("Name, phone, province and address are needed to reach the receiver."),
        gettext_lazy("Ask the buyer and complete the receiver."),
    ),
    "phone_implausible": Said(
        gettext_lazy("The phone number cannot be right"),
        gettext_lazy("Mobile, land line or service number of the mainland; a virtual number keeps its extension."),
        gettext_lazy("Ask the buyer for the number and correct it."),
    ),
    "address_implausible": Said(
        gettext_lazy("Province and city do not fit"),
        gettext_lazy("The city must lie in the province that is named."),
        gettext_lazy("Ask the buyer where it goes and correct the address."),
    ),
    "suspected_duplicate": Said(
        gettext_lazy("It may be the same order twice"),
        gettext_lazy("The same buyer ordered the same product in the same shop within the time allowed."),
        gettext_lazy("Compare both orders, then keep both or cancel one."),
    ),
    "blocklisted": Said(
        gettext_lazy("It stands on the blocklist"),
        gettext_lazy("Buyer, phone number or a piece of the address is on the blocklist."),
        gettext_lazy("Read the note of the entry, then release or reject the order."),
    ),
    "buyer_message": Said(
        gettext_lazy("The buyer left a message"),
        gettext_lazy("A message may change what is sent; “none” or a dash is no message."),
        gettext_lazy("Read the message and do as it asks before you release the order."),
    ),
    "seller_note": Said(
        gettext_lazy("The shop left a memo"),
        gettext_lazy("The shop's own memo on the channel may say how to handle an order."),
        gettext_lazy("Read the memo before you release the order."),
    ),
}
HOLDS: dict[str, Words] = {code: said.reason for code, said in SAID.items()}
BLOCK_KINDS: dict[str, Words] = {
    "buyer": gettext_lazy("Buyer"),
    "phone": gettext_lazy("Phone"),
    "address": gettext_lazy("Piece of an address"),
}
MISSING: dict[str, Words] = {
    "receiver": gettext_lazy("name"),
    "phone": gettext_lazy("phone"),
    "address": gettext_lazy("address"),
    "province": gettext_lazy("province and city"),
}
STEPS: dict[str, Words] = {
    "orders.release_holds": gettext_lazy("Let go by a person"),
    "orders.assign_holds": gettext_lazy("Hold taken or given"),
    "orders.judge_again": gettext_lazy("Judged again"),
    "orders.edit_contact": gettext_lazy("Receiver corrected"),
    "orders.set_shop_rules": gettext_lazy("Rules turned on or off"),
    "orders.edit_blocklist": gettext_lazy("Blocklist changed"),
}
SUBJECTS: dict[str, Words] = {
    "hold_assignee": gettext_lazy("Who has the hold"),
    "block_entry": gettext_lazy("Entry of the blocklist"),
}
STATES: dict[str, dict[str, tuple[Words, str]]] = {
    "hold_assignee": {
        "nobody": (gettext_lazy("nobody yet"), "plain"),
        "taken": (gettext_lazy("Taken"), "info"),
    },
    "block_entry": {
        "listed": (gettext_lazy("Listed"), "warn"),
        "removed": (gettext_lazy("Taken off"), "plain"),
    },
}
REFUSALS: dict[str, Words] = {
    "not_on_hold": gettext_lazy("nothing of this kind speaks against it any more"),
    "unknown_sku": gettext_lazy("a merchant code is not among the products; import the product first"),
    "handed_over": gettext_lazy("logistics has it already, or it has ended; the receiver is locked"),
    "unknown_shop": gettext_lazy("there is no such shop"),
    "unknown_rule": gettext_lazy("no shop can do without this rule"),
    "unknown_kind": gettext_lazy("an entry names a buyer, a phone number or a piece of an address"),
    "fragment_short": gettext_lazy("it says too little; a piece of an address has at least four signs"),
    "not_listed": gettext_lazy("it is not on the list"),
}
JOBS: dict[str, Words] = {
    "orders.confirm_ready": gettext_lazy("Let orders go on that nothing speaks against"),
    "orders.judge_again": gettext_lazy("Judge orders again by changed rules"),
}


def done_words(act: str, n: int) -> str:
    """Say how many orders an act of the hold queue took."""
    words = {
        "resolve": ngettext("%(n)d order checked again and freed.", "%(n)d orders checked again and freed.", n),
        "keep": ngettext("%(n)d order kept as it came in first.", "%(n)d orders kept as they came in first.", n),
        "release": ngettext("%(n)d order let go.", "%(n)d orders let go.", n),
        "reject": ngettext("%(n)d order rejected.", "%(n)d orders rejected.", n),
        "claim": ngettext("%(n)d order taken.", "%(n)d orders taken.", n),
        "assign": ngettext("%(n)d order given.", "%(n)d orders given.", n),
    }
    return words[act] % {"n": n}
