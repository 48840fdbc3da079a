"""Keys: what may stand in the settings, what is kept of one, and who finds whom."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanctions_exposure.access import ApiKey, Ring, Role, check_name, check_rate, digest, new_token, read_keys
from sanctions_exposure.errors import SettingsError, StorageUnavailable
from sanctions_exposure.wiring.keyring import Keyring

TOKEN = "k" * 40


def key(token: str, **said: object) -> ApiKey:
    given_ = {"id": "1", "name": "one", "roles": frozenset({Role.SCREEN}), "digest": digest(token)}
    return ApiKey(**(given_ | said))  # type: ignore[arg-type]


def test_a_new_key_has_256_random_bits_and_is_known_by_its_beginning() -> None:
    made = {new_token() for _ in range(50)}

    assert len(made) == 50
    assert all(one.startswith("exposure_") and len(one) >= len("exposure_") + 43 for one in made)


@given(st.lists(st.text(min_size=1), unique=True, max_size=20), st.text(min_size=1))
def test_a_ring_finds_the_keys_it_holds_and_no_others(held: list[str], asked: str) -> None:
    ring = Ring(key(token, id=str(number)) for number, token in enumerate(held))

    found = ring.find(asked)

    assert (found is not None) == (asked in held)
    assert found is None or found.id == str(held.index(asked))


def test_keys_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    monkeypatch.setattr("hmac.compare_digest", lambda a, b: compared.append((a, b)) or a == b)
    ring = Ring([key(TOKEN)])

    assert ring.find(TOKEN)
    assert compared == [(digest(TOKEN), digest(TOKEN))]


def test_each_role_may_what_those_below_it_may() -> None:
    may = {own: [role for role in Role if own.covers(role)] for own in Role}

    assert may == {
        Role.SCREEN: [Role.SCREEN],
        Role.REVIEW: [Role.SCREEN, Role.REVIEW],
        Role.ADMIN: [Role.SCREEN, Role.REVIEW, Role.ADMIN],
    }


def test_settings_name_keys_with_roles_or_give_a_bare_one_or_its_digest() -> None:
    hashed = hashlib.sha256(TOKEN.encode()).hexdigest()

    found = read_keys(f"ops:admin:{'a' * 32}, {'b' * 32}\ndesk:screen+review:sha256={hashed}")

    assert [(one.name, sorted(one.roles)) for one in found] == [
        ("ops", ["admin"]),
        (f"key-{digest('b' * 32)[:8]}", ["screen"]),  # the same, whatever other keys there are
        ("desk", ["review", "screen"]),
    ]
    assert found[2].digest == digest(TOKEN)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("short", "32 to 512"),
        (f"a:boss:{TOKEN}", "roles are screen, review, admin"),
        (f"a::{TOKEN}", "roles are"),
        (f"a:{TOKEN}", "NAME:ROLES:KEY"),
        (f"a:screen:{TOKEN} a:admin:{TOKEN}", "two keys are named 'a'"),
        (f"a\x1b[31m:screen:{TOKEN}", "a key's name"),
        (f"a:screen:{'ü' * 40}", "32 to 512"),
        ("a:screen:sha256=abc", "32 to 512"),
    ],
)
def test_a_wrong_key_of_the_settings_stops_start_up_and_is_not_quoted(said: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why) as caught:
        read_keys(said)

    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("name", ["", " a", "a b", "a\n", "é", "a" * 65, "-a"])
def test_a_name_may_stand_in_a_log_as_it_is(name: str) -> None:
    with pytest.raises(SettingsError):
        check_name(name)


@pytest.mark.parametrize("rate", ["", "0/second", "10", "10/week", "-1/minute", "1.5/hour", "10/minute "])
def test_a_rate_that_is_none_is_refused(rate: str) -> None:
    with pytest.raises(SettingsError):
        check_rate(rate)


def test_a_key_ends_when_it_said_or_when_it_is_revoked() -> None:
    expiring = key(TOKEN, expires_at=100.0)

    assert [expiring.state(now) for now in (99.9, 100.0)] == ["active", "expired"]
    assert key(TOKEN, expires_at=100.0, revoked_at=5.0).state(7) == "revoked"


def ring(tmp_path: Path, read: Callable[[], Sequence[ApiKey]], *fixed: ApiKey, **said: bool) -> Keyring:
    return Keyring(fixed, read, mark=tmp_path / "keys.made", **said)


def gone() -> tuple[ApiKey, ...]:
    raise StorageUnavailable("gone")


def test_revoking_the_last_key_closes_the_service(tmp_path: Path) -> None:
    assert not ring(tmp_path, tuple).asked()
    assert ring(tmp_path, lambda: [key(TOKEN, revoked_at=1.0)]).asked()
    assert not ring(tmp_path, lambda: [key(TOKEN)], anonymous=True).asked()


def test_keys_that_cannot_be_read_let_nobody_in_where_there_once_were_some(tmp_path: Path) -> None:
    assert not ring(tmp_path, gone).asked()
    assert ring(tmp_path, gone, key(TOKEN)).find(TOKEN)
    assert ring(tmp_path, lambda: [key(TOKEN)]).asked()
    with pytest.raises(StorageUnavailable, match="gone"):
        ring(tmp_path, gone).asked()


def test_keys_that_other_machines_may_have_made_let_nobody_in_until_they_are_read(tmp_path: Path) -> None:
    there = False
    unsure = ring(tmp_path, lambda: () if there else gone(), shared=True)
    with pytest.raises(StorageUnavailable, match="gone"):
        unsure.asked()
    there = True

    assert not unsure.asked()
    assert not ring(tmp_path, gone, shared=True, anonymous=True).asked()
    assert ring(tmp_path, gone, key(TOKEN), shared=True).asked()


def test_a_database_that_was_lost_opens_nothing(tmp_path: Path) -> None:
    assert ring(tmp_path, lambda: [key(TOKEN)]).asked()

    assert ring(tmp_path, tuple).asked()
    (tmp_path / "keys.made").unlink()
    assert not ring(tmp_path, tuple).asked()
