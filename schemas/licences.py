"""Licences as the Hub names them, what they allow, and the spellings by which people mean them.

The table is data/licences.csv: the identifiers of the Hub's list, those of its families whose version is not stated (cc-by),
and two of ours: `mind` (the Microsoft Research licence of the MIND corpus) and `testing-only`. Its columns:

class           the gravest trait, in this order: public-domain, permissive, use-restricted (RAIL, Llama, Gemma: uses are
                forbidden by a list that must be passed on), share-alike, non-commercial, no-derivatives, research (only
                for those who do research); unknown where the name says too little.
commercial, derivatives, share_alike, distribution
                yes, no or unknown: may it be used for money, may it be translated, must what is made of it carry the
                same licence, may it be passed on at all.
aliases         other names, separated by |.
carries         of share-alike licences: those that what is made of it may carry. Later versions as section 4(b) of CC
                BY-SA 2.0 to 3.0 has it, GPL 3.0 for CC BY-SA 4.0 (creativecommons.org/compatiblelicenses), section 5 and
                the appendix of the EUPL, secondary licences of the MPL 2.0.
"""

import csv
import re
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from schemas.resources import data_root

Trait = Literal["yes", "no", "unknown"]
Kind = Literal["public-domain", "permissive", "use-restricted", "share-alike", "non-commercial", "no-derivatives", "research", "unknown"]
LONGEST = 200  # characters kept of a name that others gave
_CC = re.compile(  # short (CC-BY-NC 4.0), as an address, or in full (Creative Commons Attribution-NonCommercial 4.0 International)
    r"(?:https?://creativecommons\.org/licenses/|cc|creative\W*commons)\W*(?:by|attribution)\W*(?P<nc>nc|non\W*commercial)?"
    r"\W*(?:(?P<sa>sa|share\W*alike)|(?P<nd>nd|no\W*deriv(?:ative)?s?))?\W*v?(?P<version>\d(?:\.\d)?)?"
    r"(?:/legalcode|/deed)?(?:\.[a-z]+)?\W*(?:international|unported|generic)?\W*(?:public\W*)?(?:licen[cs]e)?\W*"
)
_FILLERS = re.compile(r"\b(?:licen[cs]e|the|version)\b:?|\bv(?=\d)")


class Licence(BaseModel):
    """What a licence allows."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    id: str
    """As the Hub names it; `unknown` where it is none of the table's."""
    name: str
    """As people name it; of an unknown one the name it was given."""
    kind: Kind
    """Class: the gravest trait."""
    commercial: Trait
    derivatives: Trait
    share_alike: Trait
    distribution: Trait
    carries: tuple[str, ...] = ()
    """Of share-alike licences: those that what is made of it may carry."""
    aliases: tuple[str, ...] = ()
    """Other names, whatever their case and punctuation."""
    url: str = ""

    @property
    def known(self) -> bool:
        """Whether it says what it allows."""
        return self.kind != "unknown"


@cache
def licences() -> dict[str, Licence]:
    """The table, by id."""
    with (data_root() / "licences.csv").open(encoding="utf-8", newline="") as file:
        return {row["id"]: _entry(row) for row in csv.DictReader(file)}


def licence(identifier: str | None) -> Licence:
    """The licence that people mean by a name: an id of the Hub, another spelling of it, its title, or its Creative Commons address.

    One that is not in the table is the licence `unknown` under the name given; None and an empty name are `unknown` itself.
    """
    given = " ".join((identifier or "").split())
    found = _names().get(_key(given)) or _creative_commons(given)
    if found is None:
        unknown = licences()["unknown"]
        return unknown.model_copy(update={"name": given[:LONGEST]}) if given else unknown
    return found


def _creative_commons(given: str) -> Licence | None:
    """A licence of Creative Commons, in versions too that the table lacks: no version changed what a licence allows."""
    parts = _CC.fullmatch(given.casefold())
    if parts is None:
        return None
    family = "-".join(["cc-by", *(name for name in ("nc", "sa", "nd") if parts[name])])
    if parts["version"] is None:
        return licences()[family]
    version = f"{float(parts['version']):.1f}"
    identifier, same = f"{family}-{version}", licences()[family]
    if identifier in licences():
        return licences()[identifier]
    later = [other for other in same.carries if other > identifier and version != "1.0"]  # 1.0 has no word of later versions
    name = same.name.replace("(version not stated)", version)
    return same.model_copy(update={"id": identifier, "name": name, "carries": (identifier, *later) if same.carries else ()})


def _entry(row: dict[str, str]) -> Licence:
    values = {key: value for key, value in row.items() if key not in ("class", "carries", "aliases")}
    lists = {"carries": tuple(row["carries"].split()), "aliases": tuple(filter(None, row["aliases"].split("|")))}
    return Licence.model_validate({**values, **lists, "kind": row["class"]})


@cache
def _names() -> dict[str, Licence]:
    """Every licence under its id, its title and its aliases."""
    return {_key(name): each for each in licences().values() for name in (each.name, *each.aliases, each.id)}


def _key(name: str) -> str:
    """What the spellings of one name share."""
    return re.sub(r"[^a-z0-9+]", "", _FILLERS.sub("", name.casefold()))
