"""Which deposit an address belongs to."""

from __future__ import annotations

import pytest

from publishkit.hooks import Target
from publishkit_invenio import publishkit_backend


def _located(url: str, target: str = "https://archive.example") -> str | None:
    locate = publishkit_backend().locate
    assert locate is not None
    return locate(Target(name="archive", backend="invenio", url=target), url)


@pytest.mark.parametrize(
    "url",
    [
        "https://archive.example/records/abcde-12345",
        "https://archive.example/records/abcde-12345/",
        "https://archive.example/records/abcde-12345?preview=1&token=s3cr3t",
        "https://archive.example/records/abcde-12345#files",
        "https://archive.example/records/abcde-12345/files/data.csv?download=1",
        "https://archive.example/uploads/abcde-12345",
        "https://archive.example/record/abcde-12345",
        "https://archive.example/api/records/abcde-12345",
        "https://archive.example/api/records/abcde-12345/draft/actions/publish",
        "https://archive.example:443/records/abcde-12345",
        "http://Archive.Example/records/abcde-12345",
        " https://www.archive.example/records/abcde-12345\n",
    ],
)
def test_every_address_of_a_deposit_leads_to_it(url: str) -> None:
    assert _located(url) == "abcde-12345"


@pytest.mark.parametrize(
    "url",
    [
        "https://archive.example/",
        "https://archive.example/records",
        "https://archive.example/records/",
        "https://archive.example/uploads/new",
        "https://archive.example/communities/bigmap/records",
        "https://archive.example/records/..%2Fusers",
        "https://archive.example/records/..",
        "https://archive.example/records/%2e",
        "https://[bad",
        "https://archive.example:8443/records/abcde-12345",
        "https://archive.example:port/records/abcde-12345",
        "https://elsewhere.example/records/abcde-12345",
        "https://archive.example.evil.example/records/abcde-12345",
        "ftp://archive.example/records/abcde-12345",
        "abcde-12345",
        "10.5281/zenodo.123",
    ],
)
def test_no_other_address_leads_to_a_deposit(url: str) -> None:
    assert _located(url) is None


def test_an_archive_below_a_path_knows_its_own_addresses_only() -> None:
    target = "https://lab.example/archive/"
    assert _located("https://lab.example/archive/records/abcde-12345", target) == "abcde-12345"
    assert _located("https://lab.example/archive/api/records/x", f"{target}api") == "x"
    assert _located("https://lab.example/records/abcde-12345", target) is None
