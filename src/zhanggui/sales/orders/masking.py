"""Personal data as pages and files show them to whoever has no need of the whole."""


def masked(name: str) -> str:
    """Return a name of which only the first sign is readable."""
    return name[:1] + "*" * min(len(name) - 1, 3) if len(name) > 1 else "*" * len(name)


def masked_phone(phone: str) -> str:
    """Return a telephone number without its middle; what is too short for that is masked like a name."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else masked(phone)
