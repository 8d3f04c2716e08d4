"""Who may read a release: the licences say how open it may be at most, the publisher how open it is to be."""

import pytest

from schemas.errors import PublishError
from schemas.manifest import Source
from tasks.publish.gate import Target, gate, opened, permission
from tasks.publish.plan import Head
from tests.tasks.publish.making import BASE

REASON = "Ana of Example permits it, letter of 3 May"


def manifest(source, result="cc-by-4.0"):
    origin = Source(**{**BASE.source.model_dump(), "license": source})
    return BASE.model_copy(update={"version": "1.0.0", "source": origin, "license": result})


def head(private, gated=False):
    return Head("a" * 40, {}, {}, private, gated)


@pytest.mark.parametrize(
    ("source", "public", "accepted", "refused"),
    [
        ("cc-by-4.0", True, None, None),
        ("unknown", False, None, None),
        ("unknown", True, None, "may not be public (private at most)"),
        ("unknown", True, REASON, None),
        ("cc-by-nd-4.0", False, None, "may not be published: "),
        ("cc-by-nd-4.0", False, REASON, "No permission lifts this."),
    ],
)
def test_the_licences_say_how_open(source, public, accepted, refused):
    target = Target("owner/trial", public, accepted)
    if refused:
        with pytest.raises(PublishError) as error:
            gate(manifest(source), target)
        assert refused in str(error.value)
    else:
        gate(manifest(source), target)


@pytest.mark.parametrize(
    ("source", "at", "public", "refused"),
    [
        ("cc-by-4.0", head(private=True), False, None),
        ("cc-by-4.0", head(private=True), True, None),  # it stays private: visibility is changed at its page
        ("cc-by-4.0", head(private=False), True, None),
        ("cc-by-4.0", head(private=False), False, "owner/trial is public. Nothing was published. Add --public"),
        ("cc-by-4.0", head(private=False, gated=True), False, None),
        ("unknown", head(private=True), False, None),
        ("unknown", head(private=False), False, "owner/trial is public, and trial 1.0.0 must be private"),
        ("unknown", head(private=False, gated=True), False, "owner/trial is gated, and trial 1.0.0 must be private"),
    ],
)
def test_a_repository_that_is_there_must_not_be_more_open(source, at, public, refused):
    target = Target("owner/trial", public)
    found = gate(manifest(source), Target("owner/trial"))
    if refused:
        with pytest.raises(PublishError) as error:
            opened(manifest(source), target, found, at)
        assert refused in str(error.value)
    else:
        opened(manifest(source), target, found, at)


@pytest.mark.parametrize(
    ("source", "accepted", "stands"), [("unknown", REASON, True), ("cc-by-4.0", REASON, False), ("unknown", None, False)]
)
def test_a_reason_goes_onto_the_card_where_it_was_needed(source, accepted, stands):
    assert permission(manifest(source), Target("owner/trial", True, accepted)) == (REASON if stands else None)
