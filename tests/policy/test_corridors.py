from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanctions_exposure.model import Facts, Flag, Stop
from sanctions_exposure.policy import Ruleset, describe_corridors, evaluate
from sanctions_exposure.policy.corridors import CorridorMatch, follow, stages_met
from sanctions_exposure.policy.places import resolve

MakeFacts = Callable[..., Facts]
BRANCHES = {
    "instc-western": "Moscow > Samur > Baku > Astara, IR > Rasht > Tehran > Bandar Abbas > Mumbai",
    "instc-trans-caspian": "St Petersburg > Astrakhan > Anzali > Tehran > Bandar Abbas > Nhava Sheva",
    "instc-eastern": "Saint Petersburg > Astana > Ashgabat > Incheh Borun > Gorgan > Bandar Abbas > Mundra",
}


def _follow(ruleset: Ruleset, corridor: str, route: str) -> CorridorMatch | None:
    tables = ruleset.tables
    row = next(c for c in tables.corridors if c.corridor == corridor)
    stops = [Stop(pointer=f"/route/{n}", place=p.strip()) for n, p in enumerate(route.split(">"))]
    places = [resolve(s, tables.gazetteer) for s in stops]
    met = stages_met(places, tables.stands_by_node, tables.stands_by_country).get(corridor, [])
    return follow(row, tables.stages[corridor], tables.stage_of[corridor], places, met)


def _flag(ruleset: Ruleset, facts: Facts, code: str) -> Flag:
    return next(f for f in evaluate(facts, ruleset).flags if f.code == code)


@pytest.mark.parametrize("corridor", BRANCHES)
def test_each_branch_is_followed_whole_in_both_directions(corridor: str, ruleset: Ruleset) -> None:
    route = BRANCHES[corridor]

    there = _follow(ruleset, corridor, route)
    back = _follow(ruleset, corridor, " > ".join(reversed(route.split(" > "))))

    assert there is not None
    assert back is not None
    assert (there.direction, there.share) == ("forward", 1.0)
    assert (back.direction, back.share) == ("reverse", 1.0)
    assert [position for position, _ in back.steps] == list(range(back.stages))


@pytest.mark.parametrize(
    "route",
    [
        "RU Astrakhan > IRBAZ > Bandar Abbas > Nhava Sheva",
        "RUASF > IRBAZ > IRBND > INNSA",
        "Астрахань > بندر انزلی > بندر عباس > JNPT",
        "Astrakhan > Anzali > Dubai > Bandar Abbas > Nhava Sheva",
    ],
)
def test_stages_and_stops_may_be_left_out_or_lie_between(route: str, ruleset: Ruleset) -> None:
    match = _follow(ruleset, "instc-trans-caspian", route)

    assert match is not None
    assert match.matched == 4


def test_stages_out_of_order_are_no_corridor(ruleset: Ruleset) -> None:
    assert _follow(ruleset, "instc-trans-caspian", "Nhava Sheva > Astrakhan > Bandar Abbas > Anzali") is None


def test_a_stop_known_by_its_country_counts_for_the_corridor(ruleset: Ruleset) -> None:
    match = _follow(ruleset, "instc-western", "Russia > Baku > Astara, IR > Rasht > Bandar Abbas > India")

    assert match is not None
    assert match.matched == 6


def test_the_best_branch_speaks_and_the_others_are_in_the_evidence(ruleset: Ruleset, make_facts: MakeFacts) -> None:
    route = ["Chekhov", "Bolashak", "Tejen", "Sarakhs, IR", "Bandar Abbas", "Nhava Sheva"]

    flag = _flag(ruleset, make_facts(route=route), "CORRIDOR_INSTC")

    assert {e["corridor"] for e in flag.evidence if e["type"] == "route"} == {"instc-eastern", "july-2022-transit"}
    assert "6 of" in flag.explanation


def test_evidence_points_into_the_request_and_draws_on_a_map(ruleset: Ruleset, make_facts: MakeFacts) -> None:
    route = ["Astrakhan", "IRBAZ", "Bandar Abbas", "Nhava Sheva"]

    flag = _flag(ruleset, make_facts(route=route), "CORRIDOR_INSTC")

    evidence = flag.evidence[0]
    assert evidence["legs"] == [0, 1, 2]
    assert [s["input"] for s in evidence["stops"]] == [f"/route/{n}" for n in range(4)]
    assert all(-90 <= s["lat"] <= 90 and -180 <= s["lon"] <= 180 for s in evidence["stops"])


@pytest.mark.parametrize(
    "route",
    ["Nhava Sheva > Jebel Ali", "Khorgos > Aktau > Alat > Poti", "Mundra > Dubai", "Karachi > Hamburg", "Baku > Aktau"],
)
def test_trade_that_touches_neither_russia_nor_iran_raises_nothing(
    route: str, ruleset: Ruleset, make_facts: MakeFacts
) -> None:
    verdict = evaluate(make_facts(route=route.split(" > ")), ruleset)

    assert verdict.flags == ()
    assert verdict.outcome == "clear"


@given(data=st.data())
def test_a_stop_more_never_loses_a_corridor_whose_stops_may_lie_anywhere(data: st.DataObject, ruleset: Ruleset) -> None:
    stops = BRANCHES["instc-trans-caspian"].split(" > ")
    extra = data.draw(st.sampled_from(["Dubai", "Atlantis", "Minsk", "Tbilisi"]))
    stops.insert(data.draw(st.integers(0, len(stops))), extra)

    match = _follow(ruleset, "instc-trans-caspian", " > ".join(stops))

    assert match is not None
    assert match.matched == 6


def test_corridors_are_described_with_stages_nodes_and_bans(ruleset: Ruleset) -> None:
    described = {c["id"]: c for c in describe_corridors(ruleset)}

    astrakhan = next(
        n for s in described["instc-trans-caspian"]["stages"] for n in s["nodes"] if n["node"] == "astrakhan"
    )
    assert len(described) == 20
    assert described["clear-india-uae"]["flag"] is None
    assert astrakhan["listed"][0]["since"] == "2025-02-25"
