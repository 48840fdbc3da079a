from dataclasses import replace

import pytest

from sanctions_exposure.access import Ring, Role, digest
from sanctions_exposure.errors import SettingsError
from sanctions_exposure.storage import Database
from sanctions_exposure.storage.keys import Keys


def test_a_key_is_kept_by_its_digest_alone(database: Database) -> None:
    keys = Keys(database)

    made, token = keys.create("desk", [Role.REVIEW, Role.SCREEN], rate="10/second", lasts=60)

    (kept,) = keys.all()
    assert kept == made
    assert (kept.digest, kept.expires_at) == (digest(token), kept.created_at + 60)
    assert token not in repr(kept)
    assert Ring([kept]).find(token) == kept


def test_a_revoked_key_stays_on_record_and_its_name_is_free_again(database: Database) -> None:
    keys = Keys(database)
    first, _ = keys.create("desk", [Role.SCREEN], rate="", lasts=None)

    revoked = keys.revoke("desk")
    second, _ = keys.create("desk", [Role.SCREEN], rate="", lasts=None)

    assert revoked == first
    assert [one.state(second.created_at + 1) for one in keys.all()] == ["revoked", "active"]
    assert keys.revoke(second.id) == replace(second)


def test_two_active_keys_never_share_a_name(database: Database) -> None:
    keys = Keys(database)
    keys.create("desk", [Role.SCREEN], rate="", lasts=None)

    with pytest.raises(SettingsError, match="an active key is named 'desk'"):
        keys.create("desk", [Role.ADMIN], rate="", lasts=None)


@pytest.mark.parametrize("said", ["nobody", "", "'; DROP TABLE api_key; --"])
def test_what_is_no_key_cannot_be_revoked(database: Database, said: str) -> None:
    with pytest.raises(SettingsError, match="no key"):
        Keys(database).revoke(said)
