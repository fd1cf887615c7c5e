"""Numbers of things, for people to read."""


def counted(number: int, thing: str) -> str:
    """As `1 tenant` and `2 tenants`; the plural is made by an s."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
