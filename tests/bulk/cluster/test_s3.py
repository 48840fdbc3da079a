"""S3 is a local server that speaks it; workers find it as anybody does, by the settings of the AWS SDK."""

import os
from collections.abc import Iterator
from functools import partial

import pandas as pd
import pytest

from sanctions_exposure.bulk.cells import OUTPUT
from sanctions_exposure.wiring.screener import Screener
from sanctions_exposure.wiring.spread import basis_of, screen_on
from support.server import free_port

boto3 = pytest.importorskip("boto3", reason="needs the group dev")
distributed = pytest.importorskip("distributed", reason="needs the extra cluster")
moto = pytest.importorskip("moto.server", reason="needs the group dev")

from sanctions_exposure.bulk.cluster.parts import find_parts, prepare_folder  # noqa: E402
from sanctions_exposure.bulk.cluster.run import RECORD, Run, screen_parts  # noqa: E402


@pytest.fixture(scope="module")
def bucket(worker_settings: None) -> Iterator[str]:
    """Return an empty bucket; this process and those it starts find its server in the environment."""
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=free_port(), verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    told = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "invented",
        "AWS_SECRET_ACCESS_KEY": "invented",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    boto3.client("s3").create_bucket(Bucket="bank")
    yield "s3://bank"
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})
    server.stop()


def test_a_portfolio_on_s3_is_answered_on_s3(screener: Screener, bucket: str) -> None:
    frame = pd.DataFrame({"id": range(40), "name": ["OJSC BelAZ", "Quorvane Blixtrop", "?!", "БелАЗ"] * 10})
    for number in range(2):
        frame[number * 20 : number * 20 + 20].to_parquet(f"{bucket}/customers/{number}.parquet", index=False)
    prepare_folder(f"{bucket}/answers")
    run = Run(
        parts=find_parts([f"{bucket}/customers/"]),
        folder=f"{bucket}/answers",
        basis=basis_of(screener),
        mapping={},
    )

    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        done = list(screen_parts(client, run, partial(screen_on, run.basis)))

    stored = {one["Key"] for one in boto3.client("s3").list_objects_v2(Bucket="bank", Prefix="answers/")["Contents"]}
    assert stored == {f"answers/{RECORD}", "answers/part-000000.parquet", "answers/part-000001.parquet"}
    assert sum(one.rows for one in done) == 40
    out = pd.concat([pd.read_parquet(f"{bucket}/answers/part-00000{n}.parquet") for n in range(2)])
    assert out["id"].tolist() == list(range(40))
    assert out[list(OUTPUT)].to_numpy().tolist() == screener.screen_frame(frame)[list(OUTPUT)].to_numpy().tolist()
