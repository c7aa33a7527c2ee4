"""The `invenio` block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from publishkit_invenio.block import InvenioBlock, block_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from publishkit.model import Record


def test_a_record_without_a_block_names_no_community(make_record: Callable[..., Record]) -> None:
    assert block_of(make_record()).communities == ()


def test_a_record_names_its_communities(make_record: Callable[..., Record]) -> None:
    record = make_record(invenio={"communities": ["bigmap", "battery"]})
    assert block_of(record).communities == ("bigmap", "battery")


@pytest.mark.parametrize(
    "wrong", [{"community": "bigmap"}, {"communities": ["a b"]}, {"communities": ["a/b"]}]
)
def test_a_block_that_is_wrong_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        InvenioBlock.model_validate(wrong)
