from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from sanctions_exposure.errors import SettingsError
from sanctions_exposure.sources.choices import addresses, choose, file_name, is_fetchable, with_token
from sanctions_exposure.sources.manifest import Manifest, Staleness


def chosen(manifests: Mapping[str, Manifest], folder: Path, text: str) -> dict[str, Manifest]:
    path = folder / "sources.toml"
    path.write_text(text, encoding="utf-8")
    return choose(manifests, path)


def test_every_list_that_is_on_has_an_address_by_which_its_files_are_known(manifests: Mapping[str, Manifest]) -> None:
    on = {list_id: manifest for list_id, manifest in manifests.items() if is_fetchable(manifest)}

    assert {"us_ofac_sdn", "us_ofac_cons", "eu_fsf", "un_sc", "uk_sl", "us_csl", "ca_sema", "au_dfat"} <= set(on)
    assert not {"curated", "own", "uk_ofsi", "jp_mof"} & set(on)
    for manifest in on.values():
        for role, url in addresses(manifest).items():
            assert url.startswith("https://")
            assert manifest.role(role).plays(file_name(manifest.role(role)))


def test_a_fetched_file_has_a_name_even_where_its_address_has_none(manifests: Mapping[str, Manifest]) -> None:
    assert file_name(manifests["own"].files[0]) == "primary.csv"
    assert file_name(manifests["eu_fsf"].files[0]) == "xmlFullSanctionsList_1_1"
    assert file_name(manifests["ch_seco"].files[0]) == "seco.xml"


def test_a_list_whose_licence_is_not_for_everybody_waits_until_somebody_turns_it_on(
    manifests: Mapping[str, Manifest], tmp_path: Path
) -> None:
    assert not is_fetchable(manifests["opensanctions"])
    assert is_fetchable(chosen(manifests, tmp_path, "[opensanctions]\nenabled = true")["opensanctions"])


def test_choices_change_what_they_name_and_nothing_else(manifests: Mapping[str, Manifest], tmp_path: Path) -> None:
    found = chosen(
        manifests,
        tmp_path,
        """
        [us_ofac_sdn]
        from = "https://mirror.example/ofac"
        format = "ofac_enhanced"
        interval_hours = 2
        max_age_hours = 24
        stale = "refuse"
        [un_sc]
        enabled = false
        [jp_mof]
        from = "jp"
        """,
    )

    sdn = found["us_ofac_sdn"]
    assert (sdn.format, sdn.interval_hours, sdn.max_age_hours, sdn.stale) == (
        "ofac_enhanced", 2.0, 24.0, Staleness.REFUSE,
    )  # fmt: skip
    assert addresses(sdn) == {"primary": "https://mirror.example/ofac/SDN_ENHANCED.ZIP"}
    assert len(sdn.variants()) == len(manifests["us_ofac_sdn"].variants())
    assert not is_fetchable(found["un_sc"])
    assert is_fetchable(found["jp_mof"])
    assert found["jp_mof"].mirror == str(tmp_path / "jp")
    assert found["eu_fsf"] == manifests["eu_fsf"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("= broken", "not a readable TOML file"),
        ("[nonesuch]", "no list has the id 'nonesuch'"),
        ("un_sc = 1", "'un_sc' must be a table"),
        ("[un_sc]\ncolour = 1", "key 'un_sc.colour' is unknown"),
        ('[un_sc]\nenabled = "no"', "key 'un_sc.enabled' must be true or false"),
        ('[un_sc]\nfrom = ""', "key 'un_sc.from' must be a URL or a folder"),
        ('[un_sc]\nfrom = "ftp://mirror.example"', "must be a URL or a folder"),
        ("[un_sc]\nfrom = 1", "must be a URL or a folder"),
        ('[un_sc]\nformat = "generic"', "the list comes as un_xml"),
        ("[un_sc]\ninterval_hours = 0", "must be hours"),
        ("[un_sc]\nmax_age_hours = true", "must be hours"),
        ('[un_sc]\nstale = "panic"', "must be warn or refuse"),
    ],
)
def test_a_choice_nobody_understands_is_refused_with_its_place(
    manifests: Mapping[str, Manifest], tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(SettingsError, match=says):
        chosen(manifests, tmp_path, text)


def test_one_s_own_token_takes_the_place_of_the_public_one(manifests: Mapping[str, Manifest]) -> None:
    own = with_token(manifests["eu_fsf"], "secret&1")

    for one in own.variants():
        assert all(file.url.endswith("?token=secret%261") for file in one.files)
    assert with_token(manifests["un_sc"], "secret") == manifests["un_sc"]
