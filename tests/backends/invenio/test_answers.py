"""What is read out of the server's answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from publishkit_invenio.answers import Deposited, Entry, FileList, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import JsonValue

Answer = dict[str, "JsonValue"]


def test_a_draft_is_read(answer: Callable[..., Answer]) -> None:
    draft = Deposited.model_validate(answer("draft"))
    assert (draft.id, draft.status, draft.is_published) == ("zvzja-0p521", "draft", False)
    assert draft.files.entries["a.txt"].checksum == "md5:5d41402abc4b2a76b9719d911017c592"


def test_fields_that_a_newer_server_adds_do_no_harm(answer: Callable[..., Answer]) -> None:
    assert Deposited.model_validate(answer("draft", novelty={"a": 1})).id == "zvzja-0p521"


def test_an_id_that_is_a_number_is_text() -> None:
    assert Deposited.model_validate({"id": 123}).id == "123"


def test_what_was_dropped_is_named_field_by_field(answer: Callable[..., Answer]) -> None:
    errors = Deposited.model_validate(answer("dropped")).errors
    assert str(errors[0]) == "metadata.resource_type: Missing data for required field."
    assert len(errors) == 3


def test_errors_of_a_file_are_a_text(answer: Callable[..., Answer]) -> None:
    entry = Entry.model_validate(answer("content_after_commit"))
    assert [str(error) for error in entry.errors] == ["File upload transfer failed."]


def test_a_draft_whose_files_are_off_lists_none() -> None:
    assert FileList.model_validate({"enabled": False, "links": {}}).entries == ()


def test_a_pending_entry_of_inveniordm_12_is_incomplete() -> None:
    entry = Entry.model_validate({"key": "a", "status": "pending", "metadata": None})
    assert (entry.complete, entry.size, entry.checksum) == (False, None, None)


@pytest.mark.parametrize(
    ("answer_", "said"),
    [
        ({"status": 404, "message": "Not found."}, "Not found."),
        (
            {
                "message": "A validation error occurred.",
                "errors": [{"field": "files", "messages": ["Not complete."]}],
            },
            "A validation error occurred: files: Not complete.",
        ),
        ({"errors": [{"community_id": "x", "message": "Unknown."}]}, "x: Unknown."),
        ({"status": 400, "message": ""}, ""),
        ({"errors": [{"field": "a", "messages": [{"b": ["c"]}]}]}, 'a: {"b": ["c"]}'),
        (["no", "object"], ""),
        (
            {
                "message": "The server could not verify that you are authorized to access the URL "
                "requested. You either supplied the wrong credentials (e.g. a bad password), or "
                "your browser doesn't understand how to supply the credentials required."
            },
            "",
        ),
    ],
)
def test_the_words_of_a_refusal_are_found_in_each_of_its_forms(
    answer_: JsonValue, said: str
) -> None:
    assert words(answer_) == said
