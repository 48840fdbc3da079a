"""Laws of the whole: order, more parties and other spellings never hide anything."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sanctions_exposure.model import Facts, Flag
from sanctions_exposure.policy import Ruleset, evaluate
from sanctions_exposure.policy.cases import make_facts

_LISTED = [{"name": "Glimmerwerk", "score": 0.95, "listed": ["us 2010-01-01", "eu 2012-01-01"]}]
_WORKS = [{"name": "HESA", "id": "hesa", "list": "curated", "themes": ["drone-suppliers"], "score": 0.95}]
_LINE = [{"name": "MG-Flot", "id": "mg-flot", "list": "curated", "themes": ["transit-corridor"], "score": 0.95}]

roles = st.sampled_from(["buyer", "seller", "consignee", "end_user", "carrier", "forwarder", "bank", "other"])
countries = st.sampled_from(["ru", "ir", "by", "tr", "ae", "kg", "de", "in", "cy", ""])
parties = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["Harmless Holdings", "Brasswick", "Quillfeather", "Glimmerwerk"]),
        "role": roles,
        "country": countries,
        "founded": st.sampled_from(["", "1998", "2022-06"]),
        "hits": st.sampled_from([[], _LISTED, _WORKS, _LINE]),
        "owners": st.lists(
            st.fixed_dictionaries(
                {
                    "name": st.sampled_from(["Brasswick", "Glimmerwerk", "Harmless Holdings"]),
                    "share": st.sampled_from([10.0, 30.0, 50.0, 60.0]),
                    "hits": st.sampled_from([[], _LISTED]),
                }
            ),
            max_size=2,
        ),
    }
)
stops = st.sampled_from(
    [
        *("Moscow", "Astrakhan", "Anzali", "Nowshahr", "Tehran", "Bandar Abbas", "Mumbai", "Dubai", "Istanbul"),
        *("Novorossiysk", "Minsk", "Bishkek", "Hamburg", "Isfahan", "Yelabuga", "Sheremetyevo", "IKA"),
    ]
)
goods = st.sampled_from(
    [
        {"hs": "8542.31", "text": "processors", "origin": "de"},
        {"hs": "1001.99", "text": "wheat"},
        {"hs": "8407.10", "text": "engine MD-550"},
        {"hs": "6109.10", "text": "shirts", "origin": "tr"},
    ]
)
payments = st.sampled_from(
    [
        None,
        {"rail": "Mir"},
        {"currency": "RUB/IRR"},
        {"currency": "USD", "payer_country": "ae"},
        {"currency": "EUR", "payer_country": "cy"},
    ]
)
requests = st.fixed_dictionaries(
    {
        "parties": st.lists(parties, max_size=3),
        "route": st.lists(stops, max_size=5),
        "goods": st.lists(goods, max_size=2),
        "payment": payments,
    }
)


def _facts(request: dict[str, Any], **other: Any) -> Facts:
    given_ = {**request, **other}
    return make_facts(**{k: v for k, v in given_.items() if v is not None})


def _told(flags: tuple[Flag, ...], names: list[str] | None = None) -> Counter[tuple[str, ...]]:
    """What is said of what, whatever its number in the request."""
    return Counter((f.code, str(f.severity), str(f.score), _named(f.subject, names)) for f in flags)


def _named(subject: str, names: list[str] | None) -> str:
    if names is None or not subject.startswith("/parties/"):
        return subject
    number, _, rest = subject.removeprefix("/parties/").partition("/")
    return names[int(number)] + "/" + rest


@given(request=requests, random=st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_the_order_of_parties_does_not_change_flags(request: dict[str, Any], random: Any, ruleset: Ruleset) -> None:
    order = list(range(len(request["parties"])))
    random.shuffle(order)
    shuffled = [request["parties"][i] for i in order]

    one = evaluate(_facts(request), ruleset)
    other = evaluate(_facts(request, parties=shuffled), ruleset)

    labels = [str(i) for i in range(len(order))]
    kinds = Counter((f.code, str(f.severity)) for f in one.flags)
    assert kinds == Counter((f.code, str(f.severity)) for f in other.flags)
    of_parties = {t for t in _told(one.flags, labels) if t[0] == "SANCTIONED_PARTY"}
    assert of_parties == {t for t in _told(other.flags, [str(i) for i in order]) if t[0] == "SANCTIONED_PARTY"}


@given(request=requests, added=parties)
@settings(max_examples=1500, deadline=None)
def test_adding_a_party_never_removes_a_flag(request: dict[str, Any], added: dict[str, Any], ruleset: Ruleset) -> None:
    before = evaluate(_facts(request), ruleset)
    after = evaluate(_facts(request, parties=[*request["parties"], added]), ruleset)

    # A flag about the whole, such as an embargoed country, may point to the new party; it is there all the same.
    lost = Counter(f.code for f in before.flags) - Counter(f.code for f in after.flags)
    # Who buys was not said before: a first buyer in the payer's country explains what a seller alone left open.
    if {p["role"] for p in request["parties"]}.isdisjoint({"buyer", "consignee", "end_user", "other"}):
        del lost["PAYMENT_SHADOW_BANKING"]
    assert not lost


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_route_whose_stops_are_renamed_by_alias_gives_the_same_flags(data: st.DataObject, ruleset: Ruleset) -> None:
    nodes = [
        ruleset.tables.nodes[n] for n in data.draw(st.lists(st.sampled_from(sorted(ruleset.tables.nodes)), max_size=6))
    ]
    plain = [{"place": n.name, "country": n.country} for n in nodes]
    # A code may be shared, as a town's and its airport's are: names alone are other names of the same place.
    renamed = [
        {
            "place": data.draw(st.sampled_from([n.name, *(a for a in n.aliases if not a.isupper())])),
            "country": n.country,
        }
        for n in nodes
    ]

    one = evaluate(make_facts(route=plain), ruleset)
    other = evaluate(make_facts(route=renamed), ruleset)

    assert _told(one.flags) == _told(other.flags)


@given(request=requests)
@settings(max_examples=100, deadline=None)
def test_no_two_flags_say_the_same_and_each_can_be_defended(request: dict[str, Any], ruleset: Ruleset) -> None:
    flags = evaluate(_facts(request), ruleset).flags

    assert len({(f.code, f.subject) for f in flags}) == len(flags)
    assert len({(f.subject, f.explanation) for f in flags}) == len(flags)
    for flag in flags:
        assert flag.evidence
        assert flag.sources
        assert all(s.publisher and s.date and s.title for s in flag.sources)


@given(request=requests)
@settings(max_examples=60, deadline=None)
def test_the_same_facts_give_the_same_flags(request: dict[str, Any], ruleset: Ruleset) -> None:
    assert evaluate(_facts(request), ruleset) == evaluate(_facts(request), ruleset)


def test_every_source_of_rules_and_tables_has_publisher_and_date(ruleset: Ruleset) -> None:
    bare = [r.id for r in ruleset.rules for s in r.sources if not (s.publisher and s.date and s.title)]

    assert bare == []
