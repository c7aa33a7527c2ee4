"""URLs that people have in hand."""

from __future__ import annotations

import pytest

from publishkit.hooks import Target
from publishkit_nomad.targets import TARGETS
from publishkit_nomad.urls import locate

PROD, STAGING, _TEST = TARGETS
UPLOAD = "7ZILbcsYTdO7sB_Eue7uag"
ENTRY = "mQ6HmM-PCOEWtQYT5uIQl1dzPft5"
V1 = "https://nomad-lab.eu/prod/v1"


@pytest.mark.parametrize(
    "path",
    [
        f"gui/user/uploads/upload/id/{UPLOAD}",
        f"gui/user/uploads/upload/id/{UPLOAD}/",
        f"gui/user/uploads/upload/id/{UPLOAD}?page=2#top",
        f"gui/user/uploads/upload/id/{UPLOAD}/entry/id/{ENTRY}/overview",
        f"gui/search/entries/upload/id/{UPLOAD}",
        f"gui/upload/id/{UPLOAD}",
        f"gui/search/entries/entry/id/{UPLOAD}/{ENTRY}",
        f"api/v1/uploads/{UPLOAD}",
        f"api/v1/uploads/{UPLOAD}/raw/data/upload/id/other",
    ],
)
def test_an_uploads_pages_and_api_addresses_lead_to_it(path: str) -> None:
    assert locate(PROD, f"{V1}/{path}") == UPLOAD
    assert locate(PROD, f"http://nomad-lab.eu/prod/v1/{path}") == UPLOAD
    assert locate(PROD, f"https://NOMAD-lab.eu:443/prod/v1/{path}") == UPLOAD


@pytest.mark.parametrize(
    "url",
    [
        f"{V1}/gui/entry/id/{ENTRY}",
        f"{V1}/gui/search/entries/entry/id/{ENTRY}/overview",
        f"{V1}/api/v1/entries/{ENTRY}",
        f"{V1}/api/v1/uploads",
        f"{V1}/gui/user/uploads",
        f"{V1}/guide/upload/id/{UPLOAD}",
        f"https://elsewhere.example/prod/v1/gui/user/uploads/upload/id/{UPLOAD}",
        f"https://nomad-lab.eu:8443/prod/v1/gui/user/uploads/upload/id/{UPLOAD}",
        f"https://nomad-lab.eu:port/prod/v1/gui/user/uploads/upload/id/{UPLOAD}",
        f"/gui/user/uploads/upload/id/{UPLOAD}",
        "",
    ],
)
def test_what_names_no_upload_of_the_target_leads_nowhere(url: str) -> None:
    assert locate(PROD, url) is None


def test_a_page_belongs_to_one_of_the_central_deployments_only() -> None:
    url = f"{V1}/staging/gui/user/uploads/upload/id/{UPLOAD}"
    assert locate(STAGING, url) == UPLOAD
    assert locate(PROD, url) is None


def test_pages_may_have_an_address_of_their_own() -> None:
    target = Target(
        name="oasis",
        backend="nomad",
        url="https://api.example/v1",
        settings={"gui": "https://pages.example/nomad/"},
    )
    page = f"https://pages.example/nomad/user/uploads/upload/id/{UPLOAD}"
    assert locate(target, page) == UPLOAD
    assert locate(target, f"https://api.example/v1/uploads/{UPLOAD}") == UPLOAD
    without = Target(name="oasis", backend="nomad", url=target.url, settings={"gui": ""})
    assert locate(without, page) is None
