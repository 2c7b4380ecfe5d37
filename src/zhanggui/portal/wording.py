"""How figures, moments, states and time left are said. Pure: no query, no clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from zhanggui.obligations.calendars.rules import DAY_MINUTES
from zhanggui.oversight.compliance.rules import RECENT
from zhanggui.people.rules import roles_with
from zhanggui.portal import hold_words
from zhanggui.portal import wording_invoices as invoices
from zhanggui.portal import wording_orders as orders
from zhanggui.portal import wording_reshaping as reshaping
from zhanggui.portal import wording_shortages as shortages
from zhanggui.portal.hold_words import HOLDS as HOLDS

Words = str | Promise


class Label(NamedTuple):
    """A state as people read it; `tone` chooses the colour: plain, info, good, warn, bad."""

    words: Words
    tone: str


STATES: dict[str, dict[str, Label]] = {
    "order": {code: Label(*said) for code, said in orders.STATES.items()},
    "shortage_case": {code: Label(*said) for code, said in shortages.STATES.items()},
    "shortage_notice": {code: Label(*said) for code, said in shortages.NOTICES.items()},
    "invoice": {code: Label(*said) for code, said in invoices.STATES.items()},
    "clock": {
        "open": Label(gettext_lazy("Running"), "info"),
        "paused": Label(gettext_lazy("Paused"), "plain"),
        "breached": Label(gettext_lazy("Overdue"), "bad"),
        "met": Label(gettext_lazy("Met in time"), "good"),
        "late": Label(gettext_lazy("Met late"), "warn"),
        "withdrawn": Label(gettext_lazy("Withdrawn"), "plain"),
    },
    "clause": {
        "pass": Label(gettext_lazy("Kept"), "good"),
        "fail": Label(gettext_lazy("Broken"), "bad"),
        "not_applicable": Label(gettext_lazy("No case yet"), "plain"),
        "error": Label(gettext_lazy("Check failed"), "bad"),
        "not_checked": Label(gettext_lazy("Not checked"), "hollow"),
    },
    "hold": {
        "open": Label(gettext_lazy("Waiting"), "warn"),
        "closed": Label(gettext_lazy("Cleared"), "plain"),
        "released": Label(gettext_lazy("Let go by a person"), "good"),
    },
    **{kind: {code: Label(*said) for code, said in states.items()} for kind, states in hold_words.STATES.items()},
    "request": {
        "open": Label(gettext_lazy("In the warehouse"), "info"),
        "shipped": Label(gettext_lazy("Shipped"), "good"),
        "cancelled": Label(gettext_lazy("Cancelled"), "plain"),
    },
    "reservation": {
        "open": Label(gettext_lazy("Reserved"), "info"),
        "shipped": Label(gettext_lazy("Shipped"), "good"),
        "released": Label(gettext_lazy("Given back"), "plain"),
    },
    "intake": {
        "uploaded": Label(gettext_lazy("Uploaded"), "plain"),
        "checking": Label(gettext_lazy("Checking"), "warn"),
        "checked": Label(gettext_lazy("Checked"), "info"),
        "committing": Label(gettext_lazy("Importing"), "warn"),
        "done": Label(gettext_lazy("Done"), "good"),
        "refused": Label(gettext_lazy("Refused as a whole"), "bad"),
    },
    "job": {
        "waiting": Label(gettext_lazy("In the queue"), "info"),
        "running": Label(gettext_lazy("Being done"), "info"),
        "done": Label(gettext_lazy("Done"), "good"),
        "parked": Label(gettext_lazy("Waits for a person"), "bad"),
    },
    "calendar_day": {
        "current": Label(gettext_lazy("In force"), "good"),
        "replaced": Label(gettext_lazy("Replaced"), "plain"),
    },
    "shift": {
        "current": Label(gettext_lazy("In force"), "good"),
        "replaced": Label(gettext_lazy("Replaced"), "plain"),
    },
    "run": {
        "done": Label(gettext_lazy("Done"), "good"),
        "partly": Label(gettext_lazy("Partly refused"), "warn"),
        "nothing": Label(gettext_lazy("All refused"), "bad"),
        "refused": Label(gettext_lazy("All refused"), "bad"),
    },
    "shortage": {
        "none": Label(gettext_lazy("Not short"), "plain"),
        "short": Label(gettext_lazy("Short"), "warn"),
    },
    "warning": {
        "0": Label(gettext_lazy("In good time"), "plain"),
        "50": Label(gettext_lazy("Half of the time used"), "info"),
        "80": Label(gettext_lazy("Four fifths of the time used"), "warn"),
    },
    "pause": {
        "open": Label(gettext_lazy("Standing still"), "plain"),
        "closed": Label(gettext_lazy("Goes on"), "info"),
    },
    "assignee": {
        "nobody": Label(gettext_lazy("nobody yet"), "plain"),
    },
}
SUBJECTS: dict[str, Words] = {
    "order": gettext_lazy("Order"),
    "obligation": gettext_lazy("Clock"),
    **shortages.SUBJECTS,
    **invoices.SUBJECTS,
    **reshaping.SUBJECTS,
    "hold": gettext_lazy("Hold"),
    **hold_words.SUBJECTS,
    "request": gettext_lazy("Request to logistics"),
    "reservation": gettext_lazy("Reservation"),
    "shortage": gettext_lazy("Shortage"),
    "warning": gettext_lazy("Warning"),
    "pause": gettext_lazy("Pause"),
    "assignee": gettext_lazy("Who has it"),
    "intake": gettext_lazy("Imported file"),
    "calendar_day": gettext_lazy("Calendar day"),
    "shift": gettext_lazy("Working hours"),
}
STEP_WORDS: dict[str, Words] = {
    **shortages.STEPS,
    **invoices.STEPS,
    **orders.STEPS,
    **reshaping.STEPS,
    "orders.open_shops": gettext_lazy("Shop opened"),
    "orders.take_in": gettext_lazy("Order taken in"),
    "processes.bring_in_orders": gettext_lazy("Order taken in"),
    "catalog.set_codes": gettext_lazy("Merchant code set"),
    "orders.confirm": gettext_lazy("Order confirmed"),
    "orders.resolve_holds": gettext_lazy("Holds checked again"),
    "orders.keep_content": gettext_lazy("Kept as it came in first"),
    **hold_words.STEPS,
    "processes.reserve_orders": gettext_lazy("Stock reserved"),
    "processes.release_orders": gettext_lazy("Handed to logistics"),
    "processes.ship_orders": gettext_lazy("Order shipped"),
    "processes.cancel_orders": gettext_lazy("Order cancelled"),
    "people.invite": gettext_lazy("Invitation made"),
    "people.join": gettext_lazy("Member of staff joined"),
    "people.set_access": gettext_lazy("Access changed"),
    "inventory.open_warehouses": gettext_lazy("Warehouse opened"),
    "inventory.receive_stock": gettext_lazy("Stock booked"),
    "inventory.reserve_stock": gettext_lazy("Stock reserved"),
    "catalog.take_in_skus": gettext_lazy("Products taken in"),
    "calendars.seed_days": gettext_lazy("Holidays seeded"),
    "calendars.edit_days": gettext_lazy("Calendar edited"),
    "calendars.set_shifts": gettext_lazy("Working hours set"),
    "regulation.set_parameter_values": gettext_lazy("Limit changed"),
    "regulation.lay_overlays": gettext_lazy("Temporary adjustment laid"),
    "delivery.enqueue": gettext_lazy("Job queued"),
    "delivery.park": gettext_lazy("Job parked"),
    "delivery.queue": gettext_lazy("Message queued"),
    "delivery.release": gettext_lazy("Job released"),
    "intake.upload_files": gettext_lazy("File received"),
    "intake.begin_checks": gettext_lazy("Check asked for"),
    "intake.cancel_checks": gettext_lazy("Check called off"),
    "intake.note_checks": gettext_lazy("File checked"),
    "intake.begin_commits": gettext_lazy("Import begun"),
    "intake.commit_orders": gettext_lazy("Orders imported"),
    "intake.bring_halves": gettext_lazy("Halves of orders brought in"),
    "intake.edit_mappings": gettext_lazy("Saved columns renamed or taken away"),
    "intake.commit_products": gettext_lazy("Products imported"),
    "intake.commit_stock": gettext_lazy("Stock imported"),
    "fulfilment.take_requests": gettext_lazy("Request taken by logistics"),
    "fulfilment.ship_requests": gettext_lazy("Parcel sent by logistics"),
    "fulfilment.cancel_requests": gettext_lazy("Request stopped in logistics"),
    "obligations.assign": gettext_lazy("Clock taken or given"),
    "obligations.breach": gettext_lazy("Deadline passed"),
    "obligations.warn": gettext_lazy("Deadline near"),
}
ACTORS: dict[tuple[str, str], Words] = {
    ("staff", "invited"): gettext_lazy("Invited person"),
    ("system", "scheduler"): gettext_lazy("System"),
    ("system", "demo"): gettext_lazy("Demo data"),
    ("cli", "import"): gettext_lazy("Command line: import"),
    ("cli", "orders process"): gettext_lazy("Command line: process orders"),
    ("cli", "serve"): gettext_lazy("Command line: first start"),
    ("cli", "invite"): gettext_lazy("Command line: invite"),
}
ACTOR_KINDS: dict[str, Words] = {
    "staff": gettext_lazy("Staff"),
    "system": gettext_lazy("System"),
    "cli": gettext_lazy("Command line"),
    "customer": gettext_lazy("Customer"),
}
HANDED: dict[str, Words] = {
    "all": gettext_lazy("Handed to logistics or due, of the last %(n)d days (2.1.3.3)"),
    "kept": gettext_lazy("Handed to logistics in time, of the last %(n)d days (2.1.3.3)"),
    "missed": gettext_lazy("Not handed to logistics in time, of the last %(n)d days (2.1.3.3)"),
}
ROWS_OF_FIGURE: dict[str, Words] = {
    "all": gettext_lazy("All that count"),
    "kept": gettext_lazy("Kept"),
    "missed": gettext_lazy("Missed"),
}
RUNS_OF_FIGURE: Words = gettext_lazy("The runs that made the changes counted")
CARRIERS: dict[str, Words] = {"own": gettext_lazy("Own delivery")}
STAGE_ACTS = {
    "resolved": "resolve",
    "confirmed": "confirm",
    "reserved": "reserve",
    "released": "release",
    "shipped": "ship",
}
REFUSALS: dict[str, Words] = {
    **shortages.REFUSALS,
    **invoices.REFUSALS,
    **orders.REFUSALS,
    **reshaping.REFUSALS,
    "same_day_twice": gettext_lazy("a day was given twice"),
    "name_missing": gettext_lazy("the day needs a name in both languages"),
    "outside_calendar": gettext_lazy("the day lies outside the years that the calendar covers"),
    "no_working_hours": gettext_lazy("there must be at least one interval of work, or no working clock would ever end"),
    "bad_shift": gettext_lazy("an interval begins within its day and ends within the next one"),
    "overlapping_shifts": gettext_lazy("two intervals cover the same minute; let one end where the next begins"),
    "changed_meanwhile": gettext_lazy("somebody changed the calendar meanwhile; look at what holds now"),
    "same_department_twice": gettext_lazy("the department was given twice"),
    "not_parked": gettext_lazy("it does not wait for a person any more"),
    "unknown_department": gettext_lazy("there is no such department"),
    "unknown_role": gettext_lazy("there is no such role"),
    "in_the_past": gettext_lazy("the past of the rules never changes"),
    "already_dated": gettext_lazy("another value begins at this very moment"),
    "out_of_bounds": gettext_lazy("it lies outside the bounds of the clause"),
    "wrong_type": gettext_lazy("it is no value of this kind"),
    "unknown_order": gettext_lazy("there is no such order"),
    "on_hold": gettext_lazy("a reason to wait still stands; open the order to see it"),
    **hold_words.REFUSALS,
    "wrong_state": gettext_lazy("the order is in another state by now"),
    "later_on_record": gettext_lazy("a later moment is on record already; look at the order and the clock"),
    "stocked_fixed": gettext_lazy("whether a code carries stock cannot change; use a new code"),
    "twice_in_batch": gettext_lazy("it was given twice at once"),
    "waybill_missing": gettext_lazy("the waybill number is missing"),
    "waybill_used": gettext_lazy("the waybill number was used before"),
    "already_shipped": gettext_lazy("it was shipped already"),
    "already_taken": gettext_lazy("logistics has it already"),
    "cancelled": gettext_lazy("it was cancelled"),
    "unknown": gettext_lazy("logistics does not know it"),
    "changed_in_work": gettext_lazy("the order changed after it was confirmed"),
    "changed_after_end": gettext_lazy("the order changed after it had ended"),
    "cause_differs": gettext_lazy("it was booked before with another quantity"),
    "below_reserved": gettext_lazy("less would be left than is reserved"),
    "code_twice": gettext_lazy("the code stands twice with different data"),
    "unknown_clock": gettext_lazy("there is no such clock"),
    "clock_ended": gettext_lazy("the clock has ended"),
    "unknown_staff": gettext_lazy("there is no such member of staff, or the access has ended"),
    "already_theirs": gettext_lazy("this person has it already"),
    "short": gettext_lazy("the stock does not suffice; receive goods, then try again"),
}
VALUES: dict[str, Words] = {
    "elapsed": gettext_lazy("every hour counts"),
    "working": gettext_lazy("working time only"),
    "day": gettext_lazy("daily"),
    "week": gettext_lazy("weekly"),
    "month": gettext_lazy("monthly"),
    "quarter": gettext_lazy("quarterly"),
    "automatic": gettext_lazy("by itself"),
    "by_hand": gettext_lazy("by hand"),
    "year": gettext_lazy("yearly"),
}
FILE_SUBJECTS: dict[str, Words] = {
    "products": gettext_lazy("Products"),
    "stock": gettext_lazy("Stock"),
    "orders": gettext_lazy("Orders"),
}
FILE_WARNINGS: dict[str, Words] = {
    "hidden_rows": gettext_lazy("Hidden rows of the sheet are read too."),
    "hidden_columns": gettext_lazy("Hidden columns of the sheet are read too."),
    "hidden_sheets": gettext_lazy("The workbook has hidden sheets; they are not read unless chosen."),
    "dates_1904": gettext_lazy("The workbook counts its days from 1904; look whether the dates are right."),
    "channel_new": gettext_lazy("This channel is new here; look whether currency and zone are right."),
    "other_channel": gettext_lazy("The file looks like one of another platform; look whether the channel is right."),
}
ROLES: dict[str, Words] = {
    "administrator": gettext_lazy("Administrator"),
    "manager": gettext_lazy("Management"),
    "sales": gettext_lazy("Sales"),
    "finance": gettext_lazy("Finance"),
    "logistics": gettext_lazy("Logistics"),
    "service": gettext_lazy("Customer service"),
    "operations": gettext_lazy("Operations"),
    "auditor": gettext_lazy("Auditor"),
}
WEEKDAYS: tuple[Words, ...] = (
    gettext_lazy("Monday"),
    gettext_lazy("Tuesday"),
    gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"),
    gettext_lazy("Friday"),
    gettext_lazy("Saturday"),
    gettext_lazy("Sunday"),
)
SHORT_DAYS: tuple[Words, ...] = (
    gettext_lazy("Mon"),
    gettext_lazy("Tue"),
    gettext_lazy("Wed"),
    gettext_lazy("Thu"),
    gettext_lazy("Fri"),
    gettext_lazy("Sat"),
    gettext_lazy("Sun"),
    gettext_lazy("Holidays"),
)
DAY_KINDS: dict[str, Words] = {
    "holiday": gettext_lazy("Holiday"),
    "workday": gettext_lazy("Make-up workday"),
    "weekend": gettext_lazy("Weekend"),
    "plain": gettext_lazy("Ordinary weekday"),
    "ordinary": gettext_lazy("Ordinary day again"),
}
SCOPES: dict[str, Words] = {
    "department": gettext_lazy("department"),
    "channel": gettext_lazy("channel"),
    "warehouse": gettext_lazy("warehouse"),
    "shop": gettext_lazy("shop"),
}
JOBS: dict[str, Words] = {
    "journal.seal": gettext_lazy("Link runs into the chain"),
    "obligations.sweep": gettext_lazy("Look for deadlines that passed"),
    "delivery.tidy": gettext_lazy("Tidy the queue"),
    "delivery.send": gettext_lazy("Send a message"),
    "shortages.attend": gettext_lazy("Attend to shortages"),
    "intake.check": gettext_lazy("Check a file"),
    "intake.commit": gettext_lazy("Import a file"),
    "orders.process": gettext_lazy("Process all open orders"),
    **hold_words.JOBS,
    **orders.JOBS,
}
ALARMS: dict[str, Words] = {
    "attempts_used_up": gettext_lazy("every attempt failed; remove the cause named beside it, then let it run again"),
    "worker_died": gettext_lazy("it ended its worker each time; look at memory and log before it runs again"),
    "no_port": gettext_lazy("no way out is set up for this kind of message; set it up, then let it run again"),
    "outcome_unknown": gettext_lazy(
        "it may have gone out or not; find out outside, and let it run again only if it did not"
    ),
    "address_not_valid": gettext_lazy("the address is not valid; correct it where the message comes from"),
    "header_not_valid": gettext_lazy("subject or sender cannot be sent; correct the settings, then let it run again"),
    "sign_in_refused": gettext_lazy("the mail server refused name or password; correct the settings"),
}
KINDS: dict[str, Words] = {
    "event": gettext_lazy("Event"),
    "calendar": gettext_lazy("Calendar"),
    "rule": gettext_lazy("Rule"),
    "record": gettext_lazy("Record"),
}
DEPARTMENTS: dict[str, Words] = {
    "all": gettext_lazy("The company"),
    "management": gettext_lazy("Management"),
    "sales": gettext_lazy("Sales"),
    "operations": gettext_lazy("Operations"),
    "service": gettext_lazy("Customer service"),
    "logistics": gettext_lazy("Logistics"),
    "every": gettext_lazy("Every department"),
}


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """How a clock stands: its mood (calm, warn, late, paused, done), the words, and the moment behind."""

    mood: str
    words: str
    due_at: datetime


def recent_words() -> str:
    """Name the period that figures are reckoned for when nobody asks for another."""
    return _("last %(n)d days") % {"n": RECENT.days}


def handed_words(part: str) -> str:
    """Name a list of orders behind the figure of 2.1.3.3; empty if none is asked for."""
    return str(HANDED[part]) % {"n": RECENT.days} if part else ""


def steps_words(step: str) -> Words:
    """Name a step for people; a step without words is shown by its code."""
    return STEP_WORDS.get(step, step)


def steps_named_like(step: str) -> tuple[str, ...]:
    """Return all steps that read like one: to people they are one thing."""
    words = STEP_WORDS.get(step)
    return tuple(name for name in STEP_WORDS if STEP_WORDS[name] == words) if words else (step,)


def actor_words(kind: str, name: str) -> str:
    """Name who acted, where it is no member of staff known by name."""
    known = ACTORS.get((kind, name))
    return str(known) if known else f"{ACTOR_KINDS.get(kind, kind)}: {name}"


def done_words(act: str, n: int) -> str:
    """Say how many orders an act or a stage took."""
    words = {
        "confirm": ngettext("%(n)d order confirmed.", "%(n)d orders confirmed.", n),
        "resolve": ngettext("%(n)d order checked again and freed.", "%(n)d orders checked again and freed.", n),
        "keep": ngettext("%(n)d order kept as it came in first.", "%(n)d orders kept as they came in first.", n),
        "reserve": ngettext("Stock reserved for %(n)d order.", "Stock reserved for %(n)d orders.", n),
        "release": ngettext("%(n)d order handed to logistics.", "%(n)d orders handed to logistics.", n),
        "ship": ngettext("%(n)d order shipped.", "%(n)d orders shipped.", n),
        "cancel": ngettext("%(n)d order cancelled.", "%(n)d orders cancelled.", n),
    }
    return words[STAGE_ACTS.get(act, act)] % {"n": n}


def shift_days(days: int) -> str:
    """Name the kinds of day of a shift, neighbours joined: Mon–Fri, Holidays."""
    parts: list[str] = []
    held = [bit for bit in range(7) if days >> bit & 1]
    while held:
        run = [bit for at, bit in enumerate(held) if bit == held[0] + at]
        ends = (str(SHORT_DAYS[run[0]]), str(SHORT_DAYS[run[-1]]))
        parts += ["–".join(ends)] if len(run) > 2 else [str(SHORT_DAYS[bit]) for bit in run]
        held = held[len(run) :]
    return " · ".join([*parts, *([str(SHORT_DAYS[7])] if days >> 7 & 1 else [])])


def shift_time(minute: int) -> str:
    """Write a minute of the day as a time; the midnight that ends a day is 24:00."""
    return f"{minute // 60:02}:{minute % 60:02}"


def shift_span(starts: int, ends: int) -> str:
    """Write the interval of a shift; one over midnight says so."""
    if ends <= DAY_MINUTES:
        return f"{shift_time(starts)}–{shift_time(ends)}"
    return _("%(from)s–%(until)s the next day") % {"from": shift_time(starts), "until": shift_time(ends - DAY_MINUTES)}


def roles_of(right: str) -> str:
    """Name the roles that give a right, so that a refusal says who can help."""
    return " · ".join(str(ROLES.get(role, role)) for role in roles_with(right))


def label_of(kind: str, state: str) -> Label:
    """Return the label of a state; a state without words is shown as it is, never hidden."""
    kind = "clock" if kind == "obligation" else kind
    return STATES.get(kind, {}).get(state, Label(state, "plain"))


def time_left(
    due_at: datetime,
    as_of: datetime,
    *,
    state: str = "open",
    warn_at: datetime | None = None,
    closed_at: datetime | None = None,
) -> TimeLeft:
    """Say how much time a clock has left, or by how much it is late.

    Takes: state of the clock; warn_at, from when it is urgent (without it, the last hour);
    closed_at, when it ended.
    """
    if state == "late" and closed_at is not None:
        return TimeLeft("done", _("%(time)s late") % {"time": duration(closed_at - due_at)}, due_at)
    if state in ("met", "late", "withdrawn"):
        return TimeLeft("done", str(label_of("clock", state).words), due_at)
    if state == "paused":
        return TimeLeft("paused", _("Paused"), due_at)
    if as_of > due_at:
        return TimeLeft("late", _("%(time)s late") % {"time": duration(as_of - due_at)}, due_at)
    urgent = as_of >= (warn_at if warn_at is not None else due_at - timedelta(hours=1))
    return TimeLeft("warn" if urgent else "calm", _("%(time)s left") % {"time": duration(due_at - as_of)}, due_at)


def duration(span: timedelta) -> str:
    """Say a length of time in its two largest units, rounded down to the minute."""
    minutes = int(span.total_seconds()) // 60
    days, hours, rest = minutes // DAY_MINUTES, minutes // 60 % 24, minutes % 60
    if days and not hours:
        return _("%(days)d d") % {"days": days}
    if days:
        return _("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
    if hours and not rest:
        return _("%(hours)d h") % {"hours": hours}
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}
    return _("%(minutes)d min") % {"minutes": rest}


def share(numerator: int, denominator: int) -> str:
    """Write a share in percent, rounded down: 99.99 % never reads as 100 %. Nothing of nothing is a dash."""
    if denominator == 0:
        return "–"
    tenths = numerator * 1000 // denominator
    return f"{tenths // 10}.{tenths % 10} %"
