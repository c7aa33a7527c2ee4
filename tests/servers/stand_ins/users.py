"""The people whom the stand-in for Keycloak knows."""

from __future__ import annotations

PASSWORD = "password"


def person(number: int, username: str, first: str, last: str) -> dict[str, str]:
    """Describe one of them."""
    return {
        "user_id": f"00000000-0000-0000-0000-{number:012}",
        "username": username,
        "first_name": first,
        "last_name": last,
        "email": f"{first}.{last}@example.org".lower(),
    }


# The first one is NOMAD's administrator.
USERS = (
    person(0, "admin", "Ada", "Admin"),
    person(1, "scooper", "Sheldon", "Cooper"),
    person(2, "lhofstadter", "Leonard", "Hofstadter"),
    person(3, "hwolowitz", "Howard", "Wolowitz"),
)
