"""Where a release may go: a table that a lawyer can argue with."""

import re

import pytest

from schemas.errors import RecipeError
from schemas.licences import licence
from tasks.licence import Input, judge, verdict, warnings

PERMIT = "Microsoft Research permits it by letter of 3 May 2026"


def judged(source, model, result, accepted=None):
    inputs = [Input("source", "corpus", tuple(map(licence, source.split(", ")))), Input("model", "weights", (licence(model),))]
    return judge(inputs, licence(result), accepted)


@pytest.mark.parametrize(
    ("source", "model", "result", "level", "right", "reason"),
    [
        # what passes
        ("cc-by-4.0", "apache-2.0", "cc-by-4.0", "public", "cc-by-4.0", "every input allows it"),
        ("cc0-1.0", "apache-2.0", "cc0-1.0", "public", "cc0-1.0", "every input allows it"),  # permissive weights ask for no name
        ("cc0-1.0", "cc-by-nc-4.0", "cc-by-nc-4.0", "public", "cc-by-nc-4.0", "every input allows it"),
        ("mit", "mit", "cc-by-nc-nd-4.0", "public", "mit", "every input allows it"),  # to promise less is no fault
        ("cc-by-sa-3.0", "mit", "cc-by-sa-4.0", "public", "cc-by-sa-3.0", "every input allows it"),  # a later version
        ("cc-by-sa-3.0, gfdl", "mit", "cc-by-sa-3.0", "public", "cc-by-sa-3.0", "every input allows it"),  # Wikipedia
        ("cc-by-nc-sa-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "public", "cc-by-nc-sa-4.0", "every input allows it"),
        ("cc-by-4.0", "cc-by-sa-4.0", "cc-by-4.0", "public", "cc-by-4.0", "every input allows it"),  # only the weights are shared alike
        ("cc-by-4.0", "gemma", "cc-by-4.0", "public", "cc-by-4.0", "every input allows it"),
        # MIND, NLLB
        ("mind", "cc-by-nc-4.0", "mind", "forbidden", "mind", r"Microsoft Research License Terms \(MIND\), which forbids to pass it on"),
        ("mind", "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "forbidden", "mind", "which forbids to pass it on"),  # what xMIND says
        ("testing-only", "mit", "unknown", "forbidden", "unknown", "forbids to pass it on"),
        ("cc-by-4.0", "cc-by-nc-4.0", "cc-by-4.0", "forbidden", "cc-by-nc-4.0", "weights are cc-by-nc-4.0, which bars commercial use"),
        ("cc-by-nc-4.0", "mit", "cc-by-4.0", "forbidden", "cc-by-nc-4.0", "license: cc-by-nc-4.0 would be right"),
        # no derivatives
        ("cc-by-nd-4.0", "mit", "cc-by-nd-4.0", "forbidden", "unknown", "allows no derivatives, and a translation is one"),
        ("cc-by-nc-nd-4.0", "cc-by-nc-4.0", "cc-by-nc-4.0", "forbidden", "unknown", "no derivatives"),
        # share-alike
        ("cc-by-sa-4.0", "mit", "cc-by-4.0", "forbidden", "cc-by-sa-4.0", "has to be passed on as it is; the result says cc-by-4.0"),
        ("cc-by-sa-4.0", "mit", "cc-by-sa-3.0", "forbidden", "cc-by-sa-4.0", "license: cc-by-sa-4.0 would be right"),  # not an earlier one
        ("cc-by-sa-4.0", "cc-by-nc-4.0", "cc-by-sa-4.0", "forbidden", "unknown", "allows commercial use; the weights of weights are"),
        ("odbl", "mit", "odc-by", "forbidden", "odbl", "license: odbl would be right"),
        # names and uses
        ("cc-by-4.0", "mit", "cc0-1.0", "forbidden", "cc-by-4.0", "asks for a name"),
        ("openrail", "mit", "cc-by-4.0", "forbidden", "openrail", "forbidden uses have to be passed on"),
        ("openrail", "mit", "openrail", "public", "openrail", "every input allows it"),
        ("h-research", "mit", "h-research", "gated", "h-research", "for research only: let readers agree"),
        ("h-research", "mit", "mit", "forbidden", "h-research", "the result says mit, which allows more"),
        # what is not known
        (
            "unknown",
            "mit",
            "cc-by-4.0",
            "private",
            "unknown",
            "the licence of the source corpus says nothing that is known; ask its makers",
        ),
        ("My terms", "mit", "cc-by-4.0", "private", "unknown", "is 'My terms'"),
        ("cc", "mit", "cc-by-4.0", "private", "unknown", "ask its makers"),
        ("cc-by-4.0", "unknown", "cc-by-4.0", "private", "cc-by-4.0", "the licence of the weights of weights"),
        ("cc-by-4.0", "mit", "unknown", "private", "cc-by-4.0", "names no licence of the result; license: cc-by-4.0 would be right"),
        ("cc-by-4.0", "mit", "My terms", "private", "cc-by-4.0", "what 'My terms' allows is not known"),
        ("cc-by-4.0, unknown", "mit", "cc-by-4.0", "private", "unknown", "says nothing that is known"),
    ],
)
def test_where_a_release_may_go(source, model, result, level, right, reason):
    found = judged(source, model, result)
    assert (found.level, found.licence) == (level, right)
    assert any(re.search(reason, each) for each in found.reasons), found.reasons
    if right != "unknown" and level in ("public", "forbidden") and licence(source).distribution == "yes":
        assert judged(source, model, right).level in ("public", "gated")  # what is advised is not refused


@pytest.mark.parametrize(
    ("source", "model", "result", "level", "lifted"),
    [
        ("mind", "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "forbidden", "gated"),
        ("mind", "cc-by-nc-4.0", "cc-by-4.0", "forbidden", "forbidden"),  # a permission for MIND is none for the weights
        ("unknown", "mit", "cc-by-4.0", "private", "public"),
        ("cc-by-4.0", "unknown", "cc-by-4.0", "private", "public"),
        ("unknown", "cc-by-nc-4.0", "cc-by-4.0", "forbidden", "forbidden"),
        ("cc-by-sa-4.0", "cc-by-nc-4.0", "cc-by-sa-4.0", "forbidden", "public"),  # not settled whether weights bind a translation
        ("cc-by-nd-4.0", "mit", "cc-by-nd-4.0", "forbidden", "forbidden"),
        ("cc-by-4.0", "mit", "unknown", "private", "private"),  # a word in the recipe is the way out
        ("cc-by-4.0", "mit", "cc-by-4.0", "public", "public"),
        ("h-research", "mit", "h-research", "gated", "gated"),
    ],
)
def test_what_a_reason_in_writing_lifts(source, model, result, level, lifted):
    assert judged(source, model, result).level == level
    assert judged(source, model, result).acceptable is (level != lifted)
    found = judged(source, model, result, PERMIT)
    assert (found.level, found.acceptable) == (lifted, False)
    assert found.reasons == judged(source, model, result).reasons  # nothing is hushed up


@pytest.mark.parametrize("words", ["", "  ", "yes", "I may"])
def test_a_word_is_no_reason(words):
    with pytest.raises(RecipeError, match="is no reason"):
        judged("unknown", "mit", "cc-by-4.0", words)


@pytest.mark.parametrize(
    ("other", "level", "reason"),
    [
        ("cc-by-sa-4.0", "public", "every input"),
        ("cc-by-sa-3.0", "public", "every input"),  # both may become 4.0
        ("gfdl", "forbidden", "each of the source corpus (cc-by-sa-4.0) and the input lexicon (gfdl) has to be passed on as it is"),
        ("cc-by-nc-4.0", "forbidden", "the input lexicon is cc-by-nc-4.0, which bars it"),
        ("cc-by-nd-4.0", "forbidden", "allows no derivatives"),
    ],
)
def test_other_inputs_ask_as_the_source_does(other, level, reason):
    inputs = [Input("source", "corpus", (licence("cc-by-sa-4.0"),)), Input("other", "lexicon", (licence(other),))]
    found = judge(inputs, licence("cc-by-sa-4.0"))
    assert (found.level, found.acceptable) == (level, False)
    assert reason in found.reasons[0]


def test_the_manifest_names_the_inputs(manifest):
    source = {"name": "f", "format": "mind", "id": "id", "digest": "ab", "normalised": 0}
    engine = {"model": "facebook/nllb", "digest": "d", "library": "ct2", "options": {}, "license": "cc-by-nc-4.0"}
    found = verdict(manifest(source={**source, "license": "mind"}, engine=engine, license="cc-by-4.0"))
    assert (found.level, found.acceptable, found.licence) == ("forbidden", False, "mind")
    assert [reason.split(",")[0] for reason in found.reasons] == [
        "the source f is under Microsoft Research License Terms (MIND)",
        "the source f is for research only; the result says cc-by-4.0",
        "the weights of facebook/nllb are cc-by-nc-4.0",
    ]
    comma = "Apache License, Version 2.0"  # one name
    assert verdict(manifest(source={**source, "license": comma})).level == "public"
    assert verdict(manifest(source=source)).level == "private"


@pytest.mark.parametrize(
    ("source", "weights", "release", "warns"),
    [
        ("cc-by-4.0", "cc-by-nc-4.0", "cc-by-4.0", True),
        ("cc-by-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0", False),
        ("cc-by-4.0", "cc-by-nc-4.0", "unknown", False),  # which promises nothing
        (None, None, "cc-by-4.0", False),  # private until more is known, but no contradiction
        ("mind", "apache-2.0", "mind", True),
    ],
)
def test_a_build_warns_of_what_can_never_be_published(manifest, source, weights, release, warns):
    engine = {"model": "owner/name", "digest": "d", "library": "ct2", "options": {}, "license": weights}
    base = manifest().source.model_dump() | {"license": source}
    assert bool(warnings(manifest(source=base, engine=engine, license=release))) is warns
