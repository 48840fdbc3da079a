"""OpenSanctions by deltas: what comes of following them is what the whole file says, or the whole file is fetched."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha1
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanctions_exposure.model import ListedEntity, ListRecord
from sanctions_exposure.sources import deltas
from sanctions_exposure.sources.download import Terms
from sanctions_exposure.sources.manifest import Bounds, Manifest
from sanctions_exposure.sources.publish import Library, read_entities, verify
from sanctions_exposure.sources.refresh import accept
from sanctions_exposure.sources.round import Look, refresh_round
from sanctions_exposure.sources.standing import Outcome
from support import publisher as behave
from support.publisher import Behaviour, Publisher, publishing

State = Mapping[str, int]
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
TERMS = Terms(connect=1, read=0.3, total=4, retries=1, pause=0.01, size=1 << 20)
WHOLE, INDEX, DELTAS = "/latest/entities.ftm.json", "/latest/index.json", "/artifacts/delta.json"
FIRST = {f"p{n}": 0 for n in range(6)} | {"own": 0, "pass": 0}


def line(key: str, value: int, day: int) -> bytes:
    """A party, what one owns of another, or a passport of one; *value* is what changes."""
    schema, said = {
        "own": ("Ownership", {"owner": ["p0"], "asset": ["p1"], "percentage": [str(50 + value)]}),
        "pass": ("Passport", {"holder": ["p0"], "number": [f"X000000{value}"]}),
    }.get(key, ("Company", {"name": [f"Vexorin {key}", f"Plumbatic {value}"], "topics": ["sanction"]}))
    entity = {
        "id": key, "caption": key, "schema": schema, "properties": said, "referents": [], "datasets": ["example"],
        "target": schema == "Company", "last_seen": f"2026-11-{day:02}T00:00:00",
    }  # fmt: skip
    return json.dumps(entity).encode() + b"\n"


@dataclass
class Dataset:
    """A dataset that its publisher changes: the newest file whole, and each version's changes."""

    publisher: Publisher
    random: Random = field(default_factory=lambda: Random(7))  # noqa: S311 - invented data
    state: State = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    day: int = 0

    def release(self, state: State) -> str:
        """Publish *state* as the next version, and return the path of what leads to it."""
        self.day += 1
        version, old, self.state = f"202611{self.day:02}120000-abc", self.state, state
        keys = self.random.sample(sorted(state), len(state))  # the publisher's order means nothing
        whole = b"".join(line(key, state[key], self.day) for key in keys)
        self.publisher.serve(WHOLE, behave.versioned(whole, f'"{version}"'))
        delta = [b'{"op":"DEL","entity":{"id":"%s"}}\n' % key.encode() for key in old.keys() - state.keys()]
        delta += [
            b'{"op":"%s","entity":%s}\n' % (b"MOD" if key in old else b"ADD", line(key, state[key], self.day).strip())
            for key in keys
            if old.get(key) != state[key]
        ]
        path = f"/artifacts/{version}/entities.delta.json"
        if delta:  # the index leaves out those without a change
            self.versions[version] = self.publisher.serve(path, behave.document(b"".join(delta)))
        self.say(versions=self.versions)
        self.state_index(version, whole)
        return path

    def say(self, versions: Mapping[str, str]) -> None:
        self.publisher.serve(DELTAS, behave.document(json.dumps({"versions": versions}).encode()))

    def state_index(self, version: str, whole: bytes, **said: object) -> None:
        stated = {
            "version": version,
            "delta_url": self.publisher.url(DELTAS),
            "entity_count": len(self.state),
            "resources": [{"name": "entities.ftm.json", "checksum": sha1(whole, usedforsecurity=False).hexdigest()}],
        }
        self.publisher.serve(INDEX, behave.document(json.dumps(stated | said).encode()))


@dataclass
class Bench:
    """A dataset, the list that is fetched from it, and data folders."""

    dataset: Dataset
    manifest: Manifest

    def look(self, data: Path) -> Look:
        self.dataset.publisher.asked.clear()
        (look,) = refresh_round((self.manifest,), data, build_index=build_index, terms=TERMS, clock=lambda: NOW)
        return look

    def asked(self, path: str) -> bool:
        return any(asked == path for asked, _ in self.dataset.publisher.asked)


def build_index(entities: Collection[ListedEntity], folder: Path) -> None:
    folder.mkdir()
    (folder / "count").write_text(str(len(entities)))


@pytest.fixture(scope="module")
def publisher() -> Iterator[Publisher]:
    with publishing() as running:
        yield running


def bench_at(publisher: Publisher, manifests: Mapping[str, Manifest], max_shrink: float = 1.0) -> Bench:
    manifest = manifests["opensanctions"]
    urls = {"url": publisher.url(WHOLE), "checksum": publisher.url(INDEX)}
    primary, *others = (replace(file, fill={}) for file in manifest.files)
    bounds = Bounds(entities=(1, 50), names=(1, 100), max_shrink=max_shrink)
    return Bench(Dataset(publisher), replace(manifest, files=(replace(primary, **urls), *others), bounds=bounds))


@pytest.fixture
def bench(publisher: Publisher, manifests: Mapping[str, Manifest]) -> Bench:
    return bench_at(publisher, manifests, max_shrink=0.3)


def in_use(data: Path) -> tuple[ListRecord, dict[str, ListedEntity]]:
    folder = Library(data).current_folder()
    assert folder is not None
    (record,) = verify(folder).lists
    return record, {one.id: one for one in read_entities(folder)}


def changed(**values: int) -> State:
    return FIRST | values


keys = st.sampled_from(["p0", "p2", "p3", "p4", "p5", "own", "pass"])
states = st.dictionaries(keys, st.integers(0, 3))


@settings(max_examples=25, deadline=None)
@given(releases=st.lists(st.tuples(states, st.booleans()), min_size=1, max_size=5))
def test_following_deltas_comes_to_what_the_whole_file_says(
    publisher: Publisher,
    manifests: Mapping[str, Manifest],
    tmp_path_factory: pytest.TempPathFactory,
    releases: list[tuple[State, bool]],
) -> None:
    bench, followed = bench_at(publisher, manifests), tmp_path_factory.mktemp("followed")
    bench.dataset.release(FIRST)
    bench.look(followed)

    for number, (state, is_looked_at) in enumerate([*releases, (FIRST, True)], 1):
        bench.dataset.release(state | {"p1": number})  # something is always new
        if is_looked_at:  # several versions may lie between two looks
            assert bench.look(followed).outcome is Outcome.PUBLISHED
            assert not bench.asked(WHOLE)
    whole = tmp_path_factory.mktemp("whole")
    bench.look(whole)

    (ours, found), (theirs, expected) = in_use(followed), in_use(whole)
    assert found == expected
    assert (ours.entities, ours.names) == (theirs.entities, theirs.names)


def test_the_file_stays_as_it_was_published_and_its_changes_stand_beside_it(bench: Bench, tmp_path: Path) -> None:
    bench.dataset.release(FIRST)
    bench.look(tmp_path)
    before, _ = in_use(tmp_path)
    for n in (1, 2):
        bench.dataset.release(changed(p3=n))
        assert bench.look(tmp_path).outcome is Outcome.PUBLISHED

    after, _ = in_use(tmp_path)

    assert after.files[0].sha256 == before.files[0].sha256
    assert [file.name for file in after.files] == ["entities.ftm.json", "entities.delta.json"]
    assert after.files[1].origin.endswith(INDEX)
    assert "delta MOD: 1" in after.notes


def test_lines_that_came_and_went_again_leave_no_older_date_behind(bench: Bench, tmp_path: Path) -> None:
    bench.dataset.release(FIRST)
    bench.look(tmp_path)
    bench.dataset.release(changed(p6=0))
    bench.look(tmp_path)
    bench.dataset.release(FIRST)

    assert bench.look(tmp_path).outcome is Outcome.PUBLISHED
    assert bench.asked(WHOLE)
    assert in_use(tmp_path)[0].published_on == "2026-11-03T00:00:00"


def test_a_version_that_is_in_use_or_changes_nothing_is_not_fetched(bench: Bench, tmp_path: Path) -> None:
    bench.dataset.release(FIRST)
    bench.look(tmp_path)

    same = bench.look(tmp_path)
    assert [path for path, _ in bench.dataset.publisher.asked] == [INDEX]
    bench.dataset.release(FIRST)
    nothing = bench.look(tmp_path)

    assert (same.outcome, nothing.outcome) == (Outcome.UNCHANGED, Outcome.UNCHANGED)
    assert not bench.asked(WHOLE)


def test_a_list_that_shrinks_by_deltas_is_judged_like_any_other_and_can_be_accepted(
    bench: Bench, tmp_path: Path
) -> None:
    bench.dataset.release(FIRST)
    bench.look(tmp_path)
    bench.dataset.release({key: 0 for key in FIRST if key not in {"p4", "p5"}})

    look = bench.look(tmp_path)
    accepted = accept(bench.manifest, tmp_path, by="A", reason="b", build_index=build_index, now=NOW)

    assert look.outcome is Outcome.QUARANTINED
    assert "entities shrank from 6 to 4" in look.reason
    assert accepted.entities == 4
    bench.dataset.release(dict.fromkeys(bench.dataset.state, 1))
    assert bench.look(tmp_path).outcome is Outcome.PUBLISHED
    assert set(in_use(tmp_path)[1]) == {"p0", "p1", "p2", "p3"}


# -- where the whole file is fetched -------------------------------------------------------------


def elsewhere(bench: Bench, _: list[str]) -> None:
    bench.dataset.say(dict.fromkeys(bench.dataset.versions, behave.nobody()))


def forgotten(bench: Bench, _: list[str]) -> None:
    first, second, third = bench.dataset.versions.items()
    bench.dataset.say(dict([first, third]))
    assert second


def too_old(bench: Bench, _: list[str]) -> None:
    bench.dataset.say(dict(list(bench.dataset.versions.items())[1:]))


def exchanged(bench: Bench, paths: list[str]) -> None:
    behaviours = bench.dataset.publisher.behaviours
    behaviours[paths[1]], behaviours[paths[2]] = behaviours[paths[2]], behaviours[paths[1]]


def at_delta(behaviour: Behaviour) -> Callable[[Bench, list[str]], None]:
    return lambda bench, paths: bench.dataset.publisher.behaviours.update({paths[-1]: behaviour})


def at_index(behaviour: Behaviour) -> Callable[[Bench, list[str]], None]:
    return lambda bench, _: bench.dataset.publisher.behaviours.update({DELTAS: behaviour})


BROKEN = {
    "elsewhere": elsewhere,
    "forgotten by the index": forgotten,
    "older than all deltas": too_old,
    "out of order": exchanged,
    "missing": at_delta(behave.status(404)),
    "failing": at_delta(behave.status(500)),
    "hanging": at_delta(behave.hang(1)),
    "cut": at_delta(behave.truncated(b'{"op":"DEL","entity":{"id":"p5"}}\n')),
    "no JSON": at_delta(behave.document(b'{"op":"DEL","ent')),
    "no entity": at_delta(behave.document(b'{"op":"MOD","entity":{"id":"p5","schema":"Company","properties":7}}\n')),
    "of another version": at_delta(behave.document(b'{"op":"DEL","entity":{"id":"p9"}}\n')),
    "a page": at_delta(behave.document(b"<html>Log in</html>")),
    "larger than all may be": at_delta(behave.document(b" " * (2 << 20))),
    "no index": at_index(behave.status(404)),
    "an index of something else": at_index(behave.document(b'{"versions":[]}')),
    "an empty index": at_index(behave.document(b'{"versions":{}}')),
}


@pytest.mark.parametrize("spoil", BROKEN.values(), ids=BROKEN.keys())
def test_where_deltas_fail_the_whole_file_is_fetched(
    bench: Bench, tmp_path: Path, spoil: Callable[[Bench, list[str]], None]
) -> None:
    paths = [bench.dataset.release(FIRST)]
    bench.look(tmp_path)
    paths += [bench.dataset.release(changed(p6=0)), bench.dataset.release(changed(p6=1, p5=3))]
    spoil(bench, paths)

    look = bench.look(tmp_path)

    assert look.outcome is Outcome.PUBLISHED, look.reason
    assert bench.asked(WHOLE)
    record, found = in_use(tmp_path)
    assert [file.name for file in record.files] == ["entities.ftm.json"]
    assert {"Vexorin p6", "Plumbatic 1"} <= {name.text for name in found["p6"].names}
    assert not list((tmp_path).glob("**/.deltas"))


def test_another_dataset_is_followed_too_where_its_index_stands_beside_its_file(bench: Bench, tmp_path: Path) -> None:
    urls = {"url": behave.nobody(), "checksum": behave.nobody() + "/index.json"}
    primary, *others = bench.manifest.files
    files = (replace(primary, **urls), *others)
    bench.manifest = replace(bench.manifest, files=files, mirror=bench.dataset.publisher.url("/latest/"))
    bench.dataset.release(FIRST)
    bench.look(tmp_path)
    bench.dataset.release(changed(p2=1))

    assert bench.look(tmp_path).outcome is Outcome.PUBLISHED
    assert not bench.asked(WHOLE)
    bench.dataset.publisher.serve(INDEX, behave.status(404))
    assert bench.look(tmp_path).outcome is Outcome.PUBLISHED
    assert bench.asked(WHOLE)


def test_after_many_deltas_the_whole_file_is_fetched_anew(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deltas, "_MOST_STEPS", 2)
    bench.dataset.release(FIRST)
    fetched = []
    for n in range(1, 6):
        bench.look(tmp_path)
        fetched.append(bench.asked(WHOLE))
        bench.dataset.release(changed(p2=n))

    assert fetched == [True, False, False, True, False]


def test_a_publisher_that_does_not_say_which_version_it_is_is_asked_for_the_whole_file(
    bench: Bench, tmp_path: Path
) -> None:
    bench.dataset.release(FIRST)
    whole = b"".join(line(key, 0, 1) for key in FIRST)
    bench.dataset.publisher.serve(WHOLE, behave.versioned(whole, '"1"'))
    bench.dataset.state_index("", whole, delta_url=None)
    bench.look(tmp_path)

    assert bench.look(tmp_path).outcome is Outcome.UNCHANGED
    assert [path for path, _ in bench.dataset.publisher.asked] == [WHOLE]


def test_a_publisher_that_goes_back_behind_deltas_is_asked_for_all_of_it(bench: Bench, tmp_path: Path) -> None:
    bench.dataset.release(FIRST)
    bench.look(tmp_path)
    old = {path: bench.dataset.publisher.behaviours[path] for path in (WHOLE, INDEX)}
    bench.dataset.release(changed(p2=1))
    bench.look(tmp_path)
    bench.dataset.publisher.behaviours |= old

    look = bench.look(tmp_path)

    # The ETag is that of the file we hold, but not of the version in use: it must not pass for unchanged.
    assert look.outcome is Outcome.QUARANTINED
    assert "older than" in look.reason
