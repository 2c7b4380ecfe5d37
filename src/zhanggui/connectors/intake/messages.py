"""Every refusal in words: what is wrong with a row or a file, and what to do about it. Pages and commands say the same.

`{n}` stands for the number that the refusal carries, `{name}` for a detail of a refused file. No cell is repeated.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from django.utils.translation import get_language, gettext, gettext_noop

from zhanggui.connectors.intake.platforms import PLATFORMS
from zhanggui.connectors.intake.platforms.shapes import DETAIL, LIST
from zhanggui.connectors.intake.records import RowRefused
from zhanggui.connectors.spreadsheets.mapping import FIELDS, Field, Subject
from zhanggui.connectors.spreadsheets.records import FileRefused

Words = tuple[str, str]
_ = gettext_noop

ERROR_COLUMNS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "zh": ("原因", "处理办法", "原文件行"),
        "en": ("Reason", "What to do", "Row in file"),
    }
)

_MORE_FIELDS = tuple(
    Field(name, zh, en, ())
    for name, zh, en in (
        ("currency", "币种", "Currency"),
        ("row_total", "商品总价", "Price of the row"),
        ("line_discount", "行优惠", "Discount of the line"),
        ("product_id", "商品ID", "Product id"),
        ("goods", "应付货款", "Goods payable"),
        ("total", "总金额", "Total"),
        ("paid", "实付金额", "Amount paid"),
        ("payable", "应付金额", "Amount payable"),
        ("settled", "结算金额", "Amount settled"),
        ("balance", "余额支付", "Paid from a balance"),
        ("seller_discount", "商家优惠", "Seller's discount"),
        ("talent_discount", "达人优惠", "Promoter's discount"),
        ("seller_borne", "商家实际承担优惠金额", "Discount borne by the seller"),
        ("platform_borne", "平台实际承担优惠金额", "Discount borne by the platform"),
        ("talent_borne", "达人实际承担优惠金额", "Discount borne by the promoter"),
        ("pay_cut", "多多支付立减", "Payment discount"),
        ("order_discount", "订单优惠", "Discount of the order"),
        ("taxes", "税费", "Taxes"),
        ("landline", "固定电话", "Landline"),
        ("street", "街道", "Street"),
        ("new_address", "修改后的收货地址", "Changed address"),
        ("merge_key", "收货人标识", "Receiver key"),
    )
)
_AS_TEXT = _("Export the file again with this column as text, or type the whole value in.")
_CORRECT = _("Correct the cell and import the row again.")
_FILL = _("Fill the cell in and import the row again.")
_SAME_ROW = _("Keep one row of it, or put the right figure into one row.")

ROWS: Mapping[str, Words] = MappingProxyType(
    {
        # one cell
        "empty": (_("The cell is empty."), _FILL),
        "quantity_not_whole": (_("This is not a whole number."), _CORRECT),
        "quantity_too_small": (_("The quantity is smaller than {n}."), _("Enter at least {n}, or leave the row out.")),
        "quantity_too_large": (_("The quantity is larger than {n}."), _CORRECT),
        "price_decimals": (
            _("The amount has more than {n} decimals; it is not rounded."),
            _("Round the amount yourself and import it again."),
        ),
        "price_too_small": (
            _("The price is smaller than the channel allows."),
            _("Enter the price, or leave the row out."),
        ),
        "amount_unclear": (_("This is not an amount."), _CORRECT),
        "amount_too_large": (_("The amount is larger than can be kept."), _CORRECT),
        "amount_negative": (_("The amount is negative."), _CORRECT),
        "date_unclear": (
            _("This is not a date that can be read in one way only."),
            _("Write it as year-month-day hour:minute, 2026-03-02 09:00."),
        ),
        "date_impossible": (_("There is no such date or time."), _CORRECT),
        "date_out_of_range": (_("The year is out of range."), _CORRECT),
        "digits_lost": (_("Digits of this number were lost in a spreadsheet."), _AS_TEXT),
        "id_not_text": (_("This is not an identifier."), _AS_TEXT),
        "id_too_long": (_("The identifier is longer than {n} characters."), _CORRECT),
        "name_too_long": (_("The text is longer than {n} characters."), _("Shorten it and import the row again.")),
        "formula_error": (_("The cell holds the error of a formula."), _CORRECT),
        "not_yes_or_no": (_("This is neither yes nor no."), _("Write yes or no.")),
        "nul": (_("The cell holds a character that cannot be kept (NUL)."), _CORRECT),
        "lone_surrogate": (_("The cell holds half of a character."), _("Export the file again as UTF-8.")),
        # one row
        "row_too_wide": (
            _("The row has more cells than the header has columns."),
            _("Look for a comma or tab inside a text."),
        ),
        "discount_beyond_line": (_("The discount is larger than quantity times price."), _CORRECT),
        "currency_differs": (
            _("The row is in another currency than its shop."),
            _("Import orders of another currency into a shop of their own."),
        ),
        "placed_too_early": (_("The order is dated before the year 2000."), _CORRECT),
        "placed_in_future": (_("The order lies in the future."), _CORRECT),
        "joined_unclear": (
            _("The row joins several sub-orders, and nobody can tell how many pieces of which were bought."),
            _("Export the file with one row for each sub-order, or write one row for each yourself."),
        ),
        "pieces_differ": (
            _("The detail file holds other pieces of this order than the list speaks of."),
            _("Export both files again for the same days and import them."),
        ),
        "cancellation_invoice": (_("This is a cancellation, not a sale."), _("Leave it out; record it as a return.")),
        "adjustment_invoice": (_("This is an adjustment of the books, not a sale."), _("Leave it out.")),
        "line_id_twice": (_("The line id stands more than once in the order."), _("Keep one row for each line id.")),
        "lines_contradict": (
            _("Rows of this order contradict each other in this field."),
            _("Give all rows of the order the same value."),
        ),
        "order_has_bad_rows": (
            _("Another row of this order cannot be read, so the order stays out as a whole."),
            _("Correct that row and import all rows of the order together."),
        ),
        "twice_in_file": (_("The same thing stands in this file more than once."), _SAME_ROW),
        # what is here already
        "changed_in_work": (
            _("The order has changed, but it is confirmed and being worked on."),
            _("Settle it on the platform; or cancel it here and enter it again under a new number."),
        ),
        "changed_after_end": (
            _("The order has changed, but it was shipped or cancelled."),
            _("Leave it as it is; what is still to be sent, enter under a new number."),
        ),
        "twice_in_batch": (_("The order stands in this file more than once."), _SAME_ROW),
        "stocked_fixed": (
            _("This code was born with or without stock; that cannot change."),
            _("Use a new code for it."),
        ),
        "code_twice": (_("The same thing stands in this file more than once."), _SAME_ROW),
        "unknown_sku": (_("No product has this code."), _("Import the product first, then this file again.")),
        "not_stocked": (
            _("This product is a service and carries no stock."),
            _("Leave it out, or mark the product as stocked."),
        ),
        "cause_differs": (
            _("This was booked before with another quantity ({n})."),
            _("Book the difference under a reference of its own, with a minus if there are fewer pieces."),
        ),
        "below_reserved": (
            _("That many pieces are not on hand, or they are reserved."),
            _("Count again, or cancel orders that hold the stock first."),
        ),
    }
)

_AGAIN = _("Export the file again, as CSV or xlsx.")
_SMALLER = _("Split the file into smaller ones.")
_UNPACK = _("Save the file as an ordinary .xlsx or .csv.")

FILES: Mapping[str, Words] = MappingProxyType(
    {
        "file_empty": (_("The file is empty."), _AGAIN),
        "no_rows": (_("The file has no rows."), _AGAIN),
        "not_a_table": (_("The file is no table ({found})."), _AGAIN),
        "html_page": (_("The file is a web page under another name."), _UNPACK),
        "xml": (_("The file is XML under another name."), _UNPACK),
        "xml_spreadsheet": (_("The file is an XML spreadsheet of an old kind."), _UNPACK),
        "gzip_holds_no_text": (_("The packed file holds no text table."), _("Unpack it and import what is inside.")),
        "gzip_broken": (_("The packed file is broken or cut off."), _("Copy or pack it again.")),
        "file_too_large": (_("The file is larger than {limit_bytes} bytes."), _SMALLER),
        "packed_too_tightly": (_("The file unpacks to far more than it should."), _AGAIN),
        "encoding_unknown": (_("Nobody knows this encoding."), _("Choose one from the list.")),
        "encoding_unreadable": (
            _("The text cannot be read as {encoding} from line {line} on."),
            _("Save the file as UTF-8."),
        ),
        "encodings_mixed": (_("Line {line} is in another encoding than the rest."), _("Save the file as UTF-8.")),
        "nul": (_("Line {line} holds a character that cannot be kept (NUL)."), _AGAIN),
        "lone_surrogate": (_("Line {line} holds half of a character."), _("Save the file as UTF-8.")),
        "line_too_long": (_("Line {line} is too long."), _("Look for a quote that is not closed.")),
        "single_column": (_("The header has only one column."), _("Choose the separator, or export the file again.")),
        "delimiter_unclear": (_("Two separators fit the file equally well."), _("Choose the separator.")),
        "delimiter_unknown": (_("This is no separator."), _("Choose comma, semicolon or tab.")),
        "quote_open": (_("A quote that begins at line {line} is never closed."), _("Close the quote.")),
        "quote_broken": (_("A quote at line {line} is broken."), _("Double the quotes inside of texts.")),
        "cell_too_long": (_("A cell is too long."), _("Look for a quote that is not closed.")),
        "too_many_columns": (_("The file has more than {limit} columns."), _("Delete what is not needed.")),
        "too_many_rows": (_("The file has more than {limit} rows."), _SMALLER),
        "zip_entries": (_("The workbook has too many parts."), _UNPACK),
        "unzipped_too_large": (_("The workbook unpacks to more than {limit_bytes} bytes."), _SMALLER),
        "zip_holds_no_workbook": (_("The archive holds no workbook."), _("Unpack it and import what is inside.")),
        "container_holds_no_workbook": (_("The file holds no workbook."), _UNPACK),
        "workbook_broken": (_("The workbook is broken."), _("Open it, save it anew and import that.")),
        "workbook_too_heavy": (_("The workbook needs too much memory or time."), _("Save it as CSV.")),
        "workbook_password": (_("The workbook is protected by a password."), _("Take the password off.")),
        "workbook_macros": (_("The workbook holds macros."), _UNPACK),
        "workbook_binary": (_("The workbook is of the binary kind (.xlsb)."), _UNPACK),
        "workbook_opendocument": (_("The workbook is an OpenDocument one."), _UNPACK),
        "workbook_entities": (_("The workbook refers to things outside of itself."), _UNPACK),
        "sheet_missing": (_("The workbook has no sheet of that name."), _("Choose another sheet.")),
        "several_sheets": (_("Several sheets hold rows: {sheets}."), _("Choose the sheet, or delete the others.")),
        "mapping_wrong": (_("The columns chosen do not fit the file ({problems})."), _("Choose the columns again.")),
        "layout_unknown": (_("There is no layout {layout}."), _("Use one of: {known}.")),
        "layout_differs": (_("The file has no column {columns}, as layout {layout} needs."), _("Use --layout auto.")),
        "looks_like_orders": (
            _("This file holds orders: it names order numbers, quantities and prices."),
            _("Bring it in as orders, or choose its columns by hand."),
        ),
        "columns_missing": (_("No column was found for: {fields}."), _("Rename the column, or choose it.")),
        "columns_doubled": (
            _("More than one column could be: {fields}."),
            _("Choose the column, or delete the other."),
        ),
        "file_gone": (_("The kept file is missing or was altered."), _("Upload it again.")),
        "code_invalid": (
            _("{given} is no code of a channel or shop."),
            _("Write 1 to 32 of a-z, 0-9, - and _, beginning with a letter or digit."),
        ),
        "currency_unknown": (
            _("The currency column holds no currency code."),
            _("Write codes of three letters, such as CNY."),
        ),
    }
)


PROBLEMS: Mapping[str, str] = MappingProxyType(
    {
        "unknown_field": _("there is no field {field}"),
        "no_such_column": _("the column chosen for {field} is not in the file"),
        "column_used_twice": _("column {n} is chosen more than once"),
        "missing": _("no column is chosen for {field}"),
    }
)


def row_words(refused: RowRefused) -> Words:
    """Return the reason and the remedy of a refused row, in the reader's language."""
    number = re.search(r"-?\d+", refused.expected)
    reason, remedy = ROWS.get(refused.code, (refused.code, ""))
    return _filled(reason, {"n": number[0] if number else ""}), _filled(remedy, {"n": number[0] if number else ""})


def row_message(refused: RowRefused, subject: Subject) -> str:
    """Return one sentence or two that name row, field, reason and remedy."""
    reason, remedy = row_words(refused)
    given = {"row": str(refused.row), "field": field_label(refused.field, subject), "reason": reason, "remedy": remedy}
    pattern = (
        gettext("Row {row}, {field}: {reason} {remedy}") if refused.field else gettext("Row {row}: {reason} {remedy}")
    )
    return _fill(pattern, given).strip()


def file_words(code: str, details: Mapping[str, str | int], subject: Subject) -> Words:
    """Return the reason and the remedy of a file that was refused as a whole."""
    reason, remedy = FILES.get(code, (code, ""))
    given = {name: str(value) for name, value in details.items()}
    between = "、" if _chinese() else ", "
    if "fields" in given:
        given["fields"] = between.join(field_label(name, subject) for name in given["fields"].split(","))
    if "problems" in given:
        between = "；" if _chinese() else "; "
        given["problems"] = between.join(_problem(one, subject) for one in given["problems"].split(", "))
    return _filled(reason, given), _filled(remedy, given)


def _problem(code: str, subject: Subject) -> str:
    """Return what `check_mapping` found wrong as people say it: fields by their names, columns counted from one."""
    kind, _colon, what = code.partition(":")
    number = str(int(what) + 1) if what.isdigit() else what
    return _filled(PROBLEMS.get(kind, code), {"n": number, "field": field_label(what, subject)})


def file_message(refusal: FileRefused, subject: Subject) -> str:
    """Return what is wrong with a whole file and what to do, as one text."""
    return " ".join(file_words(refusal.code, refusal.details, subject)).strip()


def field_label(name: str, subject: Subject) -> str:
    """Return a field as people call it."""
    for field in (*FIELDS[subject], *_MORE_FIELDS):
        if field.name == name:
            return field.zh if _chinese() else field.en
    return name


LAYOUTS: Mapping[str, str] = MappingProxyType(
    {
        "taobao_order_list_38": _("Taobao/Tmall: order list"),
        "taobao_order_detail_10": _("Taobao/Tmall: order detail"),
        "taobao_sub_orders": _("Taobao/Tmall: sub-orders"),
        "jd_order_30": _("JD.com: orders"),
        "pdd_order_27": _("Pinduoduo: orders"),
        "douyin_order_73": _("Douyin: orders"),
        "shopify_orders_79": _("Shopify: orders"),
        "guess": _("guessed from the column names"),
        "chosen": _("columns chosen by hand"),
    }
)


def layout_label(name: str) -> str:
    """Return a layout as people call it."""
    return gettext(LAYOUTS[name]) if name in LAYOUTS else name


OTHER_FILES: Mapping[str, str] = MappingProxyType(
    {
        LIST: _("import the detail file (ExportOrderDetailList) of the same orders."),
        DETAIL: _("import the order list (ExportOrderList) of the same orders."),
    }
)


def other_file(layout: str) -> str:
    """Return which file orders of a layout wait for; nothing where a file is whole."""
    half = PLATFORMS[layout].half if layout in PLATFORMS else ""
    return waits_for(half)


def waits_for(half: str) -> str:
    """Return which file a half waits for."""
    return gettext(OTHER_FILES[half]) if half in OTHER_FILES else ""


def error_columns() -> tuple[str, str, str]:
    """Return the names of the columns that an error file adds."""
    return ERROR_COLUMNS["zh" if _chinese() else "en"]


def _chinese() -> bool:
    return (get_language() or "zh").startswith("zh")


def _filled(text: str, details: Mapping[str, str]) -> str:
    return _fill(gettext(text), details) if text else ""


def _fill(text: str, details: Mapping[str, str]) -> str:
    """Put details into a text; unlike str.format it never fails on what a detail or a translation holds."""
    return re.sub(r"\{(\w+)\}", lambda found: details.get(found[1], found[0]), text)
