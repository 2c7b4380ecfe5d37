"""Writes of corrections: where an order goes, changed by a person before logistics has it."""

from collections.abc import Sequence
from dataclasses import fields, replace

from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.kernel.text import clean_name
from zhanggui.sales.orders.intake import contact_digest
from zhanggui.sales.orders.judging import carry_out, judge_known
from zhanggui.sales.orders.models import ContactEdit, Order, OrderContact
from zhanggui.sales.orders.records import ContactIn, Hold, Receiver, ReceiverEdit, Refusal, State
from zhanggui.sales.orders.validity import OF_RECEIVER

CAN_CHANGE = (State.RECEIVED, State.UNPAID, State.HELD, State.CONFIRMED, State.RESERVED)
LONGEST = {"receiver": 100, "phone": 40, "province": 60, "city": 60, "district": 60, "address": 300}
OF_CONTACT = tuple(one.name for one in fields(ContactIn))


@step("orders.edit_contact", clause="2.1.3.1")
def edit_contact(batch: Sequence[ReceiverEdit], *, context: Inside) -> Answer:
    """Correct where orders go: name, telephone number and address, as the buyer told it.

    Clause: 2.1.3.1. A receiver that came masked is plain from then on.
    Gives: "held" when the new receiver is doubtful, "changed" or "unchanged". Rejects: unknown_order, twice_in_batch,
    handed_over (logistics has it, or it ended).
    Writes: contacts, what stands for them in the journal, holds of the receiver's rules opened and closed. The order
    keeps the digest of what came in, so that the same file again changes nothing.
    """
    run = context.run
    ids = list(dict.fromkeys(row.order_id for row in batch))
    states: dict[int, str] = dict(run.lock(Order, "id", ids, ["id", "state"]))
    rows = run.lock(OrderContact, "order_id", ids, ["order_id", "id", *OF_CONTACT])
    known = {row[0]: (row[1], ContactIn(*row[2:])) for row in rows}
    accepted: dict[int, str] = {}
    rejected = []
    changed: dict[int, ContactIn] = {}
    seen: set[int] = set()
    for index, row in enumerate(batch):
        state = states.get(row.order_id, "")
        if row.order_id not in known:
            rejected.append(Rejected(index, Refusal.UNKNOWN))
        elif row.order_id in seen:
            rejected.append(Rejected(index, Refusal.TWICE_IN_BATCH))
        elif state not in CAN_CHANGE:
            rejected.append(Rejected(index, Refusal.HANDED_OVER, {"state": state}))
        else:
            contact = corrected(known[row.order_id][1], row)
            accepted[index] = "unchanged" if contact == known[row.order_id][1] else "changed"
            if accepted[index] == "changed":
                changed[row.order_id] = contact
        seen.add(row.order_id)
    _write({known[key][0]: contact for key, contact in changed.items()}, list(changed), context)
    anew = (*OF_RECEIVER, str(Hold.BLOCKLISTED))
    held, _ = carry_out(judge_known(list(changed), context, anew=anew), context)
    given = {index: "held" if batch[index].order_id in set(held) else said for index, said in accepted.items()}
    return answer([Accepted(index, said) for index, said in given.items()], rejected)


def corrected(contact: ContactIn, row: ReceiverEdit) -> ContactIn:
    """Return a contact with a corrected receiver, in plain."""
    given = {name: clean_name(getattr(row, name))[:most] for name, most in LONGEST.items()}
    if all(getattr(contact, name) == value for name, value in given.items()):
        return contact
    return replace(contact, kind=str(Receiver.PLAIN), **given)


def _write(contacts: dict[int, ContactIn], orders: list[int], context: Inside) -> None:
    """Write corrected contacts and what stands for them. Takes: contact by its row, and its orders alike."""
    run = context.run
    names = ("kind", *LONGEST)
    run.update(OrderContact, list(contacts), {
        name: [getattr(contact, name) for contact in contacts.values()] for name in names
    })  # fmt: skip
    run.insert(ContactEdit, {
        "id": run.ids(len(orders)), "order_id": orders,
        "contact_digest": [contact_digest(contact) for contact in contacts.values()], "edited_at": context.as_of,
    })  # fmt: skip
