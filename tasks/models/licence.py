"""Licence: whether a release promises more than the weights that translated it allow."""

WITHOUT_COMMERCE = ("-nc", "non-commercial", "noncommercial", "research")


def licence_warning(weights: str | None, release: str) -> str | None:
    """What to tell the makers of a release, or None.

    weights, release: as the Hub names licences (cc-by-nc-4.0, apache-2.0). Whether a translation is bound by the licence of the
    weights is not settled everywhere; what is looked for is the one case that people overlook: NLLB's weights are cc-by-nc-4.0,
    and a release of its translations under cc-by-4.0 allows commercial use.
    """
    if weights and _bars_commerce(weights) and not _bars_commerce(release) and release != "unknown":
        return f"the weights of the model are {weights}, which bars commercial use; the release says {release}, which allows it."
    return None


def _bars_commerce(licence: str) -> bool:
    return any(mark in licence.casefold() for mark in WITHOUT_COMMERCE)
