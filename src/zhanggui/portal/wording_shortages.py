"""How shortages are said, to staff and to customers: stages, options, ways of telling, and why something stays."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

Words = str | Promise

STATES: dict[str, tuple[Words, str]] = {
    "to_tell": (gettext_lazy("Customer to be told"), "bad"),
    "told": (gettext_lazy("Told, no answer yet"), "warn"),
    "agreed": (gettext_lazy("Agreed"), "info"),
    "closed": (gettext_lazy("Settled"), "good"),
}
NOTICES: dict[str, tuple[Words, str]] = {
    "queued": (gettext_lazy("On its way"), "info"),
    "told": (gettext_lazy("Told"), "good"),
    "failed": (gettext_lazy("Not delivered"), "bad"),
}
TABS: dict[str, Words] = {
    "to_tell": gettext_lazy("To tell"),
    "told": gettext_lazy("Told"),
    "agreed": gettext_lazy("Agreed"),
    "promise_due": gettext_lazy("Promise due"),
    "closed": gettext_lazy("Settled"),
}
OPTIONS: dict[str, Words] = {
    "wait": gettext_lazy("Wait until the day"),
    "part": gettext_lazy("A part now, the rest later"),
    "substitute": gettext_lazy("Other goods instead"),
    "cancel": gettext_lazy("Cancel and refund"),
}
OUTCOMES: dict[str, Words] = {
    "stocked": gettext_lazy("The goods came"),
    "substituted": gettext_lazy("Other goods went instead"),
    "order_ended": gettext_lazy("The order ended"),
}
CHANNELS: dict[str, Words] = {
    "mail": gettext_lazy("E-mail"),
    "sms": gettext_lazy("Text message"),
    "platform": gettext_lazy("Message of the platform"),
    "phone": gettext_lazy("Telephone"),
    "chat": gettext_lazy("Chat"),
    "other": gettext_lazy("Another way"),
}
BY_HAND = ("phone", "chat", "platform", "sms", "mail", "other")
SUBJECTS: dict[str, Words] = {
    "shortage_case": gettext_lazy("Negotiation about a shortage"),
    "shortage_notice": gettext_lazy("Message about a shortage"),
    "shortage_answer": gettext_lazy("Agreement about a shortage"),
    "shortage_promise": gettext_lazy("Promised day"),
}
STEPS: dict[str, Words] = {
    "shortages.propose": gettext_lazy("Offer made to the customer"),
    "shortages.note_sent": gettext_lazy("Message about a shortage noted"),
    "shortages.record_told": gettext_lazy("Customer told by hand"),
    "shortages.answer": gettext_lazy("Agreed with the customer"),
    "shortages.renew": gettext_lazy("Promise failed, asked anew"),
    "processes.carry_out_answers": gettext_lazy("Agreement carried out"),
    "processes.receive_goods": gettext_lazy("Goods booked and given to who waits"),
}
REFUSALS: dict[str, Words] = {
    "unknown_case": gettext_lazy("there is no such negotiation"),
    "wrong_stage": gettext_lazy("the negotiation is in another stage by now"),
    "order_ended": gettext_lazy("the order has ended"),
    "answered_already": gettext_lazy("the customer has chosen already"),
    "not_offered": gettext_lazy("this was not offered"),
    "offer_expired": gettext_lazy("the offer has expired; make a new one"),
    "offer_replaced": gettext_lazy("a newer offer took its place"),
    "date_missing": gettext_lazy("name the day until which the customer waits"),
    "date_past": gettext_lazy("the day lies behind us, or more than a year ahead"),
    "sku_unknown": gettext_lazy("the goods instead must be a known product that the order does not hold yet"),
    "words_missing": gettext_lazy("say how the customer was told, and in which words"),
    "not_queued": gettext_lazy("the message was noted before"),
    "answer_waits": gettext_lazy("the customer chose something else, which is carried out first"),
    "stopped": gettext_lazy("a reason to wait speaks against the order"),
    "later": gettext_lazy("somebody else took the goods; it is tried again in a moment"),
}
