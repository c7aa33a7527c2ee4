"""A little Keycloak: the calls with which NOMAD signs people in and looks them up.

It signs real tokens, whose keys NOMAD fetches from it. Usage: fake_keycloak.py PORT
"""

# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import base64
import sys
import time
import uuid
from typing import Any
from urllib.parse import parse_qsl

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from .jsonserver import JsonHandler, serve
from .users import PASSWORD, USERS

REALM = "nomad_test"
KEY_ID = "test"
LIFETIME = 3600
SEARCHED = ("username", "email", "firstName", "lastName")
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)

Json = dict[str, Any]


class Keycloak(JsonHandler):
    """Answers one connection."""

    def do_GET(self) -> None:  # noqa: N802 - http.server's name for it
        """Tell about the realm, the keys or the users."""
        path = self.path_parts
        if path[-1:] == ["openid-configuration"]:
            self.answer(200, realm(self.base))
        elif path[-1:] == ["certs"]:
            self.answer(200, {"keys": [public_key()]})
        elif path[:4] != ["admin", "realms", REALM, "users"]:
            self.answer(404, {"error": "not found"})
        elif not self.headers.get("Authorization", "").startswith("Bearer "):
            self.answer(401, {"error": "HTTP 401 Unauthorized"})
        elif len(path) == 4:
            self.answer(200, search(self.query))
        else:
            found = [user for user in PEOPLE if user["id"] == path[4]]
            self.answer(*((200, found[0]) if found else (404, {"error": "User not found"})))

    def do_POST(self) -> None:  # noqa: N802 - http.server's name for it
        """Give out tokens."""
        form = dict(parse_qsl(self.body().decode()))
        if self.path_parts[-1:] != ["token"]:
            self.answer(404, {"error": "not found"})
        elif form.get("grant_type") == "refresh_token":
            self.grant(owner_of(form.get("refresh_token", "")), form, 400, "refresh token")
        else:
            user = user_named(form.get("username", ""))
            right = form.get("password") == PASSWORD
            self.grant(user if right else None, form, 401, "user credentials")

    def grant(self, user: Json | None, form: dict[str, str], status: int, what: str) -> None:
        """Give out tokens, or say what was wrong as Keycloak does."""
        if user:
            self.answer(200, tokens(user, form, self.base))
        else:
            self.answer(status, {"error": "invalid_grant", "error_description": f"Invalid {what}"})


def described(person: dict[str, str]) -> Json:
    """Describe a person as Keycloak does."""
    return {
        "id": person["user_id"],
        "username": person["username"],
        "firstName": person["first_name"],
        "lastName": person["last_name"],
        "email": person["email"],
        "enabled": True,
        "emailVerified": True,
        "createdTimestamp": 1_600_000_000_000,
        "attributes": {
            "affiliation": ["Test Institute"],
            "affiliation_address": ["1 Test Street"],
        },
    }


PEOPLE = [described(person) for person in USERS]


def realm(base: str) -> Json:
    """Say where everything is."""
    issuer = f"{base}/realms/{REALM}"
    endpoint = f"{issuer}/protocol/openid-connect"
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{endpoint}/auth",
        "token_endpoint": f"{endpoint}/token",
        "jwks_uri": f"{endpoint}/certs",
        "userinfo_endpoint": f"{endpoint}/userinfo",
    }


def public_key() -> Json:
    """Give the key with which tokens are checked."""
    numbers = KEY.public_key().public_numbers()
    common = {"kid": KEY_ID, "kty": "RSA", "alg": "RS256", "use": "sig"}
    return common | {"n": encoded(numbers.n), "e": encoded(numbers.e)}


def encoded(number: int) -> str:
    """Write a number as JSON Web Keys do."""
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def search(query: dict[str, str]) -> list[Json]:
    """Find users as Keycloak does: by any part of what is asked for, unless ``exact`` is set."""
    found = PEOPLE
    if part := query.get("search", "").lower().strip("*"):
        found = [user for user in found if any(part in user[key].lower() for key in SEARCHED)]
    for key in ("username", "email"):
        if part := query.get(key, "").lower():
            exact = query.get("exact") == "true"
            found = [user for user in found if (user[key] == part if exact else part in user[key])]
    return found[: int(query.get("max", "100"))]


def user_named(name: str) -> Json | None:
    """Find the user who signs in by this name or e-mail address."""
    return next((user for user in PEOPLE if name in {user["username"], user["email"]}), None)


def owner_of(refresh_token: str) -> Json | None:
    """Find the user to whom a refresh token was given."""
    try:
        claims = jwt.decode(refresh_token, KEY.public_key(), algorithms=["RS256"])
    except jwt.InvalidTokenError:
        return None
    return next((user for user in PEOPLE if user["id"] == claims["sub"]), None)


def tokens(user: Json, form: dict[str, str], base: str) -> Json:
    """Give a user a token to work with, and one to get the next with."""
    issuer, now = f"{base}/realms/{REALM}", int(time.time())
    common = {"iss": issuer, "sub": user["id"], "iat": now, "jti": str(uuid.uuid4())}
    access = common | {
        "exp": now + LIFETIME,
        "typ": "Bearer",
        "aud": "account",
        "azp": form.get("client_id"),
        "preferred_username": user["username"],
        "email": user["email"],
        "given_name": user["firstName"],
        "family_name": user["lastName"],
        "name": f"{user['firstName']} {user['lastName']}",
    }
    return {
        "access_token": signed(access),
        "expires_in": LIFETIME,
        "refresh_token": signed(common | {"exp": now + 2 * LIFETIME, "typ": "Refresh"}),
        "refresh_expires_in": 2 * LIFETIME,
        "token_type": "Bearer",
        "not-before-policy": 0,
        "session_state": str(uuid.uuid4()),
        "scope": "email profile",
    }


def signed(claims: Json) -> str:
    """Make a token of claims."""
    token: str = jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": KEY_ID})
    return token


if __name__ == "__main__":
    serve(Keycloak, int(sys.argv[1]))
