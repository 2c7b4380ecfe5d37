"""What the environment says about ways of telling: read strictly, nothing by default."""

import pytest

from zhanggui.config.messages import NotAnAddress, UnknownMessenger, adapters, public_address


def test_adapters_are_named_by_kind() -> None:
    assert adapters("") == {}
    assert adapters("sms=shop.phone:port platform=shop:p") == {"sms": ("shop.phone", "port"), "platform": ("shop", "p")}


@pytest.mark.parametrize("text", ["sms", "mail=a:b", "sms=a", "sms=a:b sms=c:d", "sms=../a:b"])
def test_what_names_no_adapter_is_refused(text: str) -> None:
    with pytest.raises(UnknownMessenger):
        adapters(text)


def test_the_public_address_has_no_slash_at_its_end() -> None:
    assert public_address("") == "http://127.0.0.1:8000"
    assert public_address("https://shop.example.com/") == "https://shop.example.com"


@pytest.mark.parametrize("text", ["shop.example.com", "ftp://shop", "https://u:p@shop", "https://shop/?a=1"])
def test_what_customers_could_not_open_is_refused(text: str) -> None:
    with pytest.raises(NotAnAddress):
        public_address(text)
