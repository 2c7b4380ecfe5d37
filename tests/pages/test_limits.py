"""What is too much is refused before it is read: bodies, and days far off."""

import pytest
from django.test import Client
from django.urls import reverse

from zhanggui.portal.limits import ANONYMOUS_BYTES

pytestmark = pytest.mark.django_db


def test_a_stranger_cannot_send_a_large_body() -> None:
    body = b"a=" + b"b" * ANONYMOUS_BYTES
    answer = Client().post(reverse("sign-in"), body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413
    assert "最多" in answer.content.decode()


def test_signing_in_fits_into_what_a_stranger_may_send() -> None:
    answer = Client().post(reverse("sign-in"), {"username": "nobody", "password": "x" * 100})
    assert answer.status_code != 413


@pytest.mark.parametrize("asked", ["from=0001-01-01", "to=9999-12-31"])
def test_a_day_far_off_is_a_bad_question_not_a_fault(owner: Client, asked: str) -> None:
    assert owner.get(f"{reverse('orders')}?{asked}").status_code == 400
