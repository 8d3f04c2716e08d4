"""Every name that people give a licence leads to the one they mean, or to none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.licences import licence, licences

TRAITS = ("commercial", "derivatives", "share_alike", "distribution")


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("cc-by-4.0", "cc-by-4.0"),
        ("CC-BY-4.0", "cc-by-4.0"),
        ("cc by 4.0", "cc-by-4.0"),
        ("CC BY 4", "cc-by-4.0"),
        ("license:cc-by-4.0", "cc-by-4.0"),
        ("Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International License", "cc-by-nc-sa-4.0"),
        ("https://creativecommons.org/licenses/by-nc-sa/4.0/", "cc-by-nc-sa-4.0"),
        ("http://creativecommons.org/licenses/by-sa/3.0/legalcode", "cc-by-sa-3.0"),
        ("CC BY-SA", "cc-by-sa"),  # the version is not guessed
        ("cc-by-nc-nd-2.0", "cc-by-nc-nd-2.0"),  # not on the Hub's list, but what it allows is known
        ("cc", "cc"),
        ("CC0", "cc0-1.0"),
        ("MIT License", "mit"),
        ("The MIT License", "mit"),
        ("Apache License, Version 2.0", "apache-2.0"),
        ("GPLv3", "gpl-3.0"),
        ("GNU General Public License v3.0", "gpl-3.0"),
        ("ODbL", "odbl"),
        ("Llama 3.1 Community License Agreement", "llama3.1"),
        ("openrail", "openrail"),
        ("openrail++", "openrail++"),
        ("mind", "mind"),
        ("Testing only", "testing-only"),
        ("other", "other"),
        ("UNKNOWN", "unknown"),
        ("n/a", "unknown"),
        ("cc-nc-sa", "unknown"),  # there is no such licence, so nothing is read into it
        ("cc-by-sa-nd-4.0", "unknown"),
        ("cc-by-4.0 with exceptions", "unknown"),
        ("public domain", "unknown"),  # a claim, not a licence
        ("commit", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_name_leads_to_its_licence(name, identifier):
    assert licence(name).id == identifier


def test_one_that_is_not_known_keeps_its_name():
    found = licence("  My own\nlicence ")
    assert (found.id, found.name, found.kind, found.known) == ("unknown", "My own licence", "unknown", False)
    assert {getattr(found, trait) for trait in TRAITS} == {"unknown"}
    assert len(licence("x" * 10_000).name) == 200


@pytest.mark.parametrize(
    ("name", "kind", "traits"),
    [
        ("cc0-1.0", "public-domain", "yes yes no yes"),
        ("apache-2.0", "permissive", "yes yes no yes"),
        ("openrail", "use-restricted", "yes yes no yes"),
        ("cc-by-sa-4.0", "share-alike", "yes yes yes yes"),
        ("cc-by-nc-4.0", "non-commercial", "no yes no yes"),
        ("cc-by-nc-sa-4.0", "non-commercial", "no yes yes yes"),
        ("cc-by-nd-4.0", "no-derivatives", "yes no no yes"),
        ("cc-by-nc-nd-4.0", "no-derivatives", "no no no yes"),
        ("cc-by-nc-nd-2.5", "no-derivatives", "no no no yes"),
        ("mind", "research", "no yes no no"),
        ("testing-only", "research", "no unknown unknown no"),
        ("cc", "unknown", "unknown unknown unknown yes"),
    ],
)
def test_what_it_allows(name, kind, traits):
    found = licence(name)
    assert (found.kind, " ".join(getattr(found, trait) for trait in TRAITS)) == (kind, traits)


def test_the_table_agrees_with_itself():
    table = licences()
    assert len(table) > 80
    homeless = {name for name, each in table.items() if each.known and not each.url.startswith("https://")}
    assert homeless == {
        "testing-only",
        "h-research",
        "intel-research",
        "apple-amlr",
        "apple-ascl",
        "deepfloyd-if-license",
        "fair-noncommercial-research-license",
    }
    for identifier, each in table.items():
        assert licence(identifier) == licence(each.name) == each == licence(identifier.upper())
        assert all(licence(name) == each for name in each.aliases), identifier
        assert (each.share_alike == "yes") == bool(each.carries), identifier
        assert not each.carries or (each.carries[0] == identifier and set(each.carries) <= set(table)), identifier
        assert each.kind not in ("share-alike", "public-domain", "permissive") or each.commercial == "yes", identifier
        assert all(table[other].commercial == each.commercial for other in each.carries), identifier


@given(st.text(max_size=40))
def test_any_text_is_a_licence_or_unknown(text):
    found = licence(text)
    assert licence(found.id).kind == found.kind
    assert found.known or found.commercial == "unknown"
