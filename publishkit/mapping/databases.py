"""Databases, by one SELECT that can only read."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from publishkit.errors import ConfigError, PublishkitError, TemporaryError
from publishkit.mapping.export import as_json
from publishkit.mapping.extras import needs
from publishkit.secrets import hidden, remember

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import URL, Connection

    from publishkit.mapping.export import Row
    from publishkit.mapping.model import Source

__all__ = ["PASSWORD_VARIABLE", "name_of", "read_database", "without_password"]

PASSWORD_VARIABLE: Final = "PUBLISHKIT_SOURCE_PASSWORD"  # noqa: S105 - its name
_MOST: Final = 100_000
"""Rows: more are no process that anybody publishes."""
_PASSWORD: Final = re.compile(r"(?i)(?:pwd|password)=([^;]*)")
"""As ODBC has it within a URL."""
_READS: Final = re.compile(
    r"(?>\s|--[^\n]*\n|/\*.*?\*/)*+(?:select|with|values)\b", re.IGNORECASE | re.DOTALL
)
_SQLITE_AWAY: Final = ("locked", "unable to open", "disk I/O")
_READ_ONLY: Final = {"postgresql": {"postgresql_readonly": True}}
"""What SQLAlchemy calls a transaction that can only read."""


def read_database(
    url: str, source: Source, values: Mapping[str, str]
) -> tuple[list[Row], list[Row]]:
    """The rows of the steps, and of the processes.

    Args:
        url: As SQLAlchemy has it; a password in it is never shown.
        source: With the queries.
        values: What stands for `:name` in them.

    Raises:
        ConfigError: The database cannot be had, or a query is none.
        TemporaryError: The database does not answer.
    """
    if not source.query:
        raise ConfigError(
            "the mapping has no query for a database",
            advice="Give it one in source.query: a SELECT with a row for each step.",
        )
    queries = [_checked(one) for one in (source.query, source.process_query) if one]
    with _connected(_parsed(url)) as connection:
        found = [_rows(connection, one, values) for one in queries]
    return found[0], found[1] if len(found) > 1 else []


def name_of(url: str) -> str:
    """What a database is called."""
    return Path(_parsed(url).database or "database").stem


def without_password(url: str) -> str:
    """What tells one database from another, wherever its password comes from."""
    with needs():
        import sqlalchemy
    found = _parsed(url)
    query = {
        name: tuple(_PASSWORD.sub("", one) for one in ((v,) if isinstance(v, str) else v))
        for name, v in found.query.items()
        if "pass" not in name.lower()
    }
    plain = sqlalchemy.URL.create(
        found.drivername, found.username, None, found.host, found.port, found.database, query
    )
    return plain.render_as_string()


def _checked(query: str) -> str:
    """One query, and one that reads: several in one would leave the transaction that only reads."""
    plain = query.strip().removesuffix(";")
    if ";" in plain or not _READS.match(plain):
        raise ConfigError(
            "a query of the mapping is not one SELECT",
            advice="Write one SELECT (or WITH ... SELECT), with no semicolon in it.",
        )
    return plain


def _parsed(url: str) -> URL:
    with needs():
        import sqlalchemy
    try:
        found = sqlalchemy.make_url(url)
    except (sqlalchemy.exc.ArgumentError, ValueError):  # whose words would repeat a password
        raise ConfigError(
            "the export is no URL of a database", advice="Write it as postgresql://user@host/name."
        ) from None
    if "@" in (found.host or ""):  # which shows a part of the password
        raise ConfigError(
            "the URL of the database has more than one @",
            advice="Write an @ in a password as %40, or put the password into"
            f" {PASSWORD_VARIABLE}.",
        )
    if found.password is None and found.username and (given := os.environ.get(PASSWORD_VARIABLE)):
        found = found.set(password=given)
    secrets = [found.password, *(v for k, v in found.query.items() if "pass" in k.lower())]
    secrets += [one for v in found.query.values() for one in _PASSWORD.findall(str(v))]
    remember(*(str(one) for one in secrets if one))
    backend = found.get_backend_name()
    if backend == "postgresql" and found.drivername == backend and not find_spec("psycopg2"):
        return found.set(drivername="postgresql+psycopg")  # the one that is kept up
    return _reading(found) if backend == "sqlite" else found


def _reading(url: URL) -> URL:
    """An SQLite file, opened so that nothing can be written, and none is made."""
    path = Path(url.database or "")
    if not path.is_file():
        raise ConfigError(f"there is no database {path}", advice="Name it as sqlite:///PATH.")
    return url.set(database=path.absolute().as_uri(), query={"mode": "ro", "uri": "true"})


@contextmanager
def _connected(url: URL) -> Iterator[Connection]:
    import sqlalchemy
    from sqlalchemy import exc

    shown = without_password_of(url)
    try:
        engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
        options = _READ_ONLY.get(url.get_backend_name(), {})
        with engine.connect() as plain, plain.execution_options(**options) as connection:
            yield connection
            connection.rollback()
    except (ImportError, exc.NoSuchModuleError) as error:
        raise ConfigError(
            f"there is no driver for {url.drivername} here",
            advice='Install one, such as: pip install "psycopg[binary]"',
        ) from error
    except exc.SQLAlchemyError as error:
        raise _of(error, shown) from None  # whose words may hold the connection's


def without_password_of(url: URL) -> str:
    """A URL that can be shown."""
    if url.get_backend_name() == "sqlite":
        url = url.set(database=unquote((url.database or "").removeprefix("file://")))
    return url.set(query={}).render_as_string(hide_password=True)


def _of(error: Exception, shown: str) -> PublishkitError:
    from sqlalchemy import exc

    said = " ".join(hidden(str(getattr(error, "orig", None) or error)).split())
    away = isinstance(error, exc.OperationalError | exc.InterfaceError)
    if shown.startswith("sqlite"):  # which calls all that goes wrong operational
        away = any(one in said for one in _SQLITE_AWAY)
    if away:
        return TemporaryError(
            f"the database {shown} cannot be read: {said}",
            advice=f"Check that it runs, and the user and the password ({PASSWORD_VARIABLE}).",
        )
    return ConfigError(
        f"the database {shown} refuses a query: {said}", advice="Correct it in the mapping."
    )


def _rows(connection: Connection, query: str, values: Mapping[str, str]) -> list[Row]:
    import sqlalchemy

    text = sqlalchemy.text(query)
    wanted = set(text.compile().params)
    if lacking := sorted(wanted - values.keys()):
        raise ConfigError(
            f"the query wants a value for {', '.join(lacking)}",
            advice=f"Give it: --param {lacking[0]}=VALUE",
        )
    found = connection.execute(text, {name: values[name] for name in wanted})
    columns = list(found.keys())
    if len(set(columns)) < len(columns):
        raise ConfigError(
            "a query gives two columns of the same name", advice="Name them apart by AS."
        )
    rows = found.fetchmany(_MOST + 1)
    if len(rows) > _MOST:
        raise ConfigError(
            f"a query gives more than {_MOST:,} rows", advice="Let it select the process."
        )
    return [_row(columns, row) for row in rows]


def _row(columns: list[str], values: object) -> Row:
    made: Row = {}
    for column, value in zip(columns, values, strict=True):  # type: ignore[call-overload]
        try:
            made[column] = as_json(value)
        except ValueError as error:
            raise ConfigError(
                f"a query gives in {column} what cannot be mapped: {error}",
                advice="Leave the column out, or make text of it by CAST.",
            ) from error
    return made
