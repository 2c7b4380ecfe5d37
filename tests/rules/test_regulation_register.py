"""The shipped register: complete, in both languages, every number with its unit and bounds."""

import re
from copy import deepcopy
from typing import Any

import pytest

from zhanggui.regulation import queries, rules
from zhanggui.regulation.records import UNITS, Kind, ParameterType, RegisterInvalid, TimeBasis, UnknownClause

NUMBERS = [
    "1.1", "1.2", "1.3", "1.4", "2.1.1.1", "2.1.1.1a", "2.1.1.1b", "2.1.1.1c", "2.1.1.2", "2.1.1.2a",
    "2.1.1.2b", "2.1.1.2c", "2.1.1.3", "2.1.1.3a", "2.1.1.3b", "2.1.1.3c", "2.1.2.1", "2.1.2.1a",
    "2.1.2.1b", "2.1.2.1c", "2.1.2.2", "2.1.2.3", "2.1.3.1", "2.1.3.2", "2.1.3.3", "2.2.1.1",
    "2.2.1.2", "2.2.1.3", "2.2.2.1", "2.2.2.2", "2.2.2.3", "2.3.1.1", "2.3.1.2", "2.3.1.3", "2.3.2.1",
    "2.3.2.2", "2.3.2.3", "3.1", "3.2", "3.3",
]  # fmt: skip

OWNERS_AND_KINDS = {
    "management": {"record": "1.1 1.2 1.4", "calendar": "1.3", "rule": "3.3"},
    "sales": {
        "calendar": "2.1.1.1 2.1.1.2",
        "rule": (
            "2.1.1.1a 2.1.1.1c 2.1.1.2a 2.1.1.2c 2.1.1.3b 2.1.1.3c 2.1.2.1 2.1.2.1a 2.1.2.1b 2.1.2.1c 2.1.2.2 2.1.3.3"
        ),
        "record": "2.1.1.1b 2.1.1.2b 2.1.1.3a 2.1.2.3",
        "event": "2.1.1.3 2.1.3.1 2.1.3.2",
    },
    "operations": {"calendar": "2.2.1.1 2.2.1.2 2.2.1.3", "record": "2.2.2.1 3.1", "rule": "2.2.2.2"},
    "service": {"event": "2.2.2.3"},
    "logistics": {"calendar": "2.3.1.1 2.3.1.2", "rule": "2.3.1.3 2.3.2.2", "event": "2.3.2.1 2.3.2.3"},
    "every": {"calendar": "3.2"},
}

SHIPPED = [
    ("1.3", "review_months", 3, "months"),
    ("1.4", "period", "year", ""),
    ("2.1.1.1", "period", "month", ""),
    ("2.1.1.1c", "crawl_delay_seconds", 1, "seconds"),
    ("2.1.1.1c", "smallest_group_answers", 5, "answers"),
    ("2.1.1.2", "period", "month", ""),
    ("2.1.1.2a", "outlier_rule", "mad", ""),
    ("2.1.1.2a", "mad_multiple_hundredths", 300, "hundredths"),
    ("2.1.1.2a", "iqr_multiple_hundredths", 150, "hundredths"),
    ("2.1.1.2b", "window_days", 7, "days"),
    ("2.1.1.2b", "horizon_days", 28, "days"),
    ("2.1.1.3", "decision_days", 14, "days"),
    ("2.1.1.3b", "margin_floor_bp", 1000, "bp"),
    ("2.1.1.3b", "daily_move_bp", 1500, "bp"),
    ("2.1.1.3b", "member_discount_bp", 500, "bp"),
    ("2.1.1.3c", "ads_share_bp", 5000, "bp"),
    ("2.1.1.3c", "content_share_bp", 3000, "bp"),
    ("2.1.1.3c", "kol_share_bp", 2000, "bp"),
    ("2.1.1.3c", "tolerance_bp", 500, "bp"),
    ("2.1.2.1a", "title_bytes", 60, "bytes"),
    ("2.1.2.1a", "title_encoding", "gbk", ""),
    ("2.1.2.1b", "main_side_px", 1000, "px"),
    ("2.1.2.1b", "detail_side_px", 800, "px"),
    ("2.1.2.1b", "angle_images", 3, "images"),
    ("2.1.2.1b", "in_use_images", 1, "images"),
    ("2.1.2.1c", "video_seconds", 60, "seconds"),
    ("2.1.3.1", "confirm_hours", 24, "hours"),
    ("2.1.3.1", "amount_tolerance_fen", 0, "fen"),
    ("2.1.3.1", "duplicate_hours", 24, "hours"),
    ("2.1.3.1", "confirming", "automatic", ""),
    ("2.1.3.1", "confirm_after_minutes", 15, "minutes"),
    ("2.1.3.2", "notice_hours", 2, "hours"),
    ("2.1.3.2", "agreement_hours", 48, "hours"),
    ("2.1.3.2", "restock_days", 7, "days"),
    ("2.1.3.2", "offer_days", 7, "days"),
    ("2.1.3.3", "sync_minutes", 15, "minutes"),
    ("2.2.1.1", "period", "day", ""),
    ("2.2.1.1", "due_time", "10:00", "time"),
    ("2.2.1.2", "period", "week", ""),
    ("2.2.1.2", "due_weekday", 1, "weekday"),
    ("2.2.1.2", "due_time", "18:00", "time"),
    ("2.2.1.3", "period", "month", ""),
    ("2.2.1.3", "due_day", 5, "day"),
    ("2.2.1.3", "review_days", 5, "days"),
    ("2.2.2.2", "period", "month", ""),
    ("2.2.2.2", "least_messages", 1, "messages"),
    ("2.2.2.2", "most_messages", 2, "messages"),
    ("2.2.2.3", "answer_hours", 2, "hours"),
    ("2.3.1.1", "period", "month", ""),
    ("2.3.1.1", "a_share_bp", 8000, "bp"),
    ("2.3.1.1", "b_share_bp", 9500, "bp"),
    ("2.3.1.1", "turnover_days", 28, "days"),
    ("2.3.1.2", "period", "day", ""),
    ("2.3.1.2", "counted_classes", "A", ""),
    ("2.3.1.2", "error_bp", 100, "bp"),
    ("2.3.1.3", "cover_days", 3, "days"),
    ("2.3.1.3", "mean_days", 28, "days"),
    ("2.3.1.3", "covered_classes", "AB", ""),
    ("2.3.2.1", "ship_hours", 48, "hours"),
    ("2.3.2.3", "contact_hours", 4, "hours"),
    ("3.2", "period", "quarter", ""),
    ("3.3", "notice_hours", 24, "hours"),
]


def test_every_clause_is_there_in_the_order_of_the_document() -> None:
    assert [clause.number for clause in queries.register()] == NUMBERS


def test_owner_and_kind_of_every_clause() -> None:
    expected = {
        number: (owner, kind)
        for owner, kinds in OWNERS_AND_KINDS.items()
        for kind, numbers in kinds.items()
        for number in numbers.split()
    }
    assert {one.number: (one.owner.value, one.kind.value) for one in queries.register()} == expected


@pytest.mark.parametrize("number", NUMBERS)
def test_a_clause_speaks_both_languages(number: str) -> None:
    clause = queries.clause(number)
    texts = [clause.title, clause.text, clause.evidence, *(one.label for one in clause.parameters)]
    assert all(re.search("[一-鿿]", text.zh) for text in texts)
    assert all(text.en and not re.search("[一-鿿]", text.en) for text in texts)
    assert not any(mark in text.zh for text in texts for mark in ",;()")


@pytest.mark.parametrize(("number", "name", "value", "unit"), SHIPPED)
def test_a_number_of_the_regulation_is_a_parameter(number: str, name: str, value: int | str, unit: str) -> None:
    parameter = queries.clause(number).parameter(name)
    assert parameter.values[-1].value == value
    assert parameter.unit == unit
    assert unit == "" or unit in UNITS
    if parameter.type is ParameterType.CHOICE:
        assert value in parameter.choices
    else:
        assert parameter.minimum <= value <= parameter.maximum  # type: ignore[operator]


def test_no_parameter_is_missing_from_the_table_above() -> None:
    shipped = {(one.number, parameter.name) for one in queries.register() for parameter in one.parameters}
    clocks = {(one.number, "time_basis") for one in queries.register() if one.kind is Kind.EVENT}
    assert shipped == {(number, name) for number, name, _, _ in SHIPPED} | clocks


def test_every_event_clause_counts_elapsed_time_and_may_count_working_time() -> None:
    for clause in queries.register():
        if clause.kind is Kind.EVENT:
            assert clause.time_basis is TimeBasis.ELAPSED
            assert clause.parameter("time_basis").choices == ("elapsed", "working")
        else:
            assert clause.time_basis is None


def test_every_calendar_clause_has_a_period() -> None:
    for clause in queries.register():
        if clause.kind is Kind.CALENDAR:
            assert {one.name for one in clause.parameters} & {"period", "review_months"}, clause.number


def test_the_budget_split_is_whole_and_the_classes_are_ordered() -> None:
    split = {one.name: one.values[-1].value for one in queries.clause("2.1.1.3c").parameters}
    assert split["ads_share_bp"] + split["content_share_bp"] + split["kol_share_bp"] == 10_000  # type: ignore[operator]
    classes = {one.name: one.values[-1].value for one in queries.clause("2.3.1.1").parameters}
    assert classes["a_share_bp"] < classes["b_share_bp"]  # type: ignore[operator]


def test_an_unknown_number_is_said_to_be_unknown() -> None:
    with pytest.raises(UnknownClause, match=r"9\.9"):
        queries.clause("9.9")


PAGE: dict[str, Any] = {
    "sections": {"2.1.3": {"zh": "订单", "en": "Orders"}},
    "clauses": {
        "2.1.3.1": {
            "title": {"zh": "确认", "en": "Confirm"},
            "text": {"zh": "及时确认。", "en": "Confirm in time."},
            "owner": "sales",
            "kind": "event",
            "time_basis": "elapsed",
            "evidence": {"zh": "占比。", "en": "Share."},
            "parameters": {
                "confirm_hours": {
                    "label": {"zh": "时限", "en": "Time"},
                    "type": "integer",
                    "unit": "hours",
                    "min": 1,
                    "max": 168,
                    "values": {rules.ALWAYS: 24},
                }
            },
        }
    },
}
DROP = object()
CONFIRM = "clauses.2_1_3_1."
HOURS = f"{CONFIRM}parameters.confirm_hours."

MISTAKES = [
    (f"{CONFIRM}colour", "red", "colour", "not a field"),
    (f"{CONFIRM}title.en", DROP, "title.en", "missing"),
    (f"{CONFIRM}text.zh", " ", "text.zh", "missing"),
    (f"{CONFIRM}evidence", DROP, "evidence", "mapping"),
    (f"{CONFIRM}owner", "finance", "owner", "one of management"),
    (f"{CONFIRM}kind", ["event"], "kind", "one of event"),
    (f"{CONFIRM}kind", "rule", "time_basis", "only an event clause"),
    (f"{CONFIRM}time_basis", DROP, "time_basis", "one of elapsed, working"),
    (f"{CONFIRM}measured_by", 3, "measured_by", "name of a figure"),
    (f"{HOURS}limit", 3, "parameters.confirm_hours.limit", "not a field"),
    (f"{HOURS}label.zh", DROP, "parameters.confirm_hours.label.zh", "missing"),
    (f"{HOURS}type", "decimal", "parameters.confirm_hours.type", "one of integer"),
    (f"{HOURS}unit", "days", "parameters.confirm_hours.unit", "last word of the name"),
    (f"{HOURS}min", DROP, "parameters.confirm_hours.min", "must both stand there"),
    (f"{HOURS}max", 0, "parameters.confirm_hours.min", "min not above max"),
    (f"{HOURS}values", {rules.ALWAYS: 169}, "parameters.confirm_hours.values.2000-01-01", "out_of_bounds"),
    (f"{HOURS}values", {rules.ALWAYS: True}, "parameters.confirm_hours.values.2000-01-01", "wrong_type"),
    (f"{HOURS}values", {rules.ALWAYS: 24.0}, "parameters.confirm_hours.values.2000-01-01", "wrong_type"),
    (f"{HOURS}values", {"2000": 24}, "parameters.confirm_hours.values", "is no date"),
    (
        f"{HOURS}values",
        {rules.ALWAYS.replace(year=2020): 24},
        "parameters.confirm_hours.values",
        "2000-01-01",
    ),
]


def _changed(path: str, value: object) -> dict[str, Any]:
    page = deepcopy(PAGE)
    *way, last = [step.replace("_", ".") if step[0].isdigit() else step for step in path.split(".")]
    place = page
    for step in way:
        place = place[step]
    if value is DROP:
        del place[last]
    else:
        place[last] = value
    return page


def test_the_page_without_mistakes_is_read() -> None:
    assert [one.number for one in rules.read_register({"a.yaml": PAGE})] == ["2.1.3.1"]


@pytest.mark.parametrize(("path", "value", "field", "message"), MISTAKES)
def test_a_mistake_is_named_with_file_clause_and_field(path: str, value: object, field: str, message: str) -> None:
    with pytest.raises(RegisterInvalid) as caught:
        rules.read_register({"a.yaml": _changed(path, value)})
    found = [problem for problem in caught.value.problems if problem.field == field]
    assert found, caught.value
    assert (found[0].file, found[0].clause) == ("a.yaml", "2.1.3.1")
    assert message in found[0].message
    assert str(found[0]).startswith(f"a.yaml, clause 2.1.3.1, {field}: ")


def test_all_mistakes_are_told_at_once() -> None:
    page = _changed(f"{CONFIRM}title.en", DROP)
    page["clauses"]["2.1.3.1"]["owner"] = "finance"
    with pytest.raises(RegisterInvalid) as caught:
        rules.read_register({"a.yaml": page})
    assert [problem.field for problem in caught.value.problems] == ["title.en", "owner"]


def test_a_clause_in_two_files_is_refused() -> None:
    with pytest.raises(RegisterInvalid, match=r"b\.yaml.*2\.1\.3\.1: stands twice"):
        rules.read_register({"a.yaml": PAGE, "b.yaml": {"clauses": PAGE["clauses"]}})


def test_a_clause_under_no_heading_is_refused() -> None:
    with pytest.raises(RegisterInvalid, match="under no heading"):
        rules.read_register({"a.yaml": {"clauses": PAGE["clauses"]}})


def test_an_unquoted_number_is_refused_with_the_remedy() -> None:
    with pytest.raises(RegisterInvalid, match="write it quoted"):
        rules.read_register({"a.yaml": queries.read_page("a.yaml", "clauses: {1.1: {}}")})


def test_a_name_that_stands_twice_is_found_before_yaml_drops_it() -> None:
    text = '"clauses":\n  "1.1":\n    owner: sales\n    owner: service\n  "1.1": {}\n'
    with pytest.raises(RegisterInvalid) as caught:
        queries.read_page("a.yaml", text)
    assert [(one.clause, one.field) for one in caught.value.problems] == [("1.1", "owner"), ("1.1", "")]


def test_broken_yaml_names_the_file_and_the_line() -> None:
    with pytest.raises(RegisterInvalid, match=r"(?s)a\.yaml.*line 2"):
        queries.read_page("a.yaml", "clauses:\n  - {")
