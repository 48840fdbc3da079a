"""Where a request to the outside may lead, looked at on the connection itself."""

import pytest
import requests

from sanctions_exposure.outward import PrivateAddress, PublicAdapter, is_private
from support import publisher as behave
from support.publisher import publishing


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",  # noqa: S104
        "::1", "fe80::1%eth0", "fc00::1", "::ffff:192.168.0.1", "::ffff:169.254.169.254", "ff02::1",
    ],
)  # fmt: skip
def test_an_address_of_ones_own_network_is_private(address: str) -> None:
    assert is_private(address)


def test_a_name_that_is_answered_with_a_private_address_reaches_nobody() -> None:
    with publishing() as publisher, requests.Session() as session:
        session.trust_env = False
        session.mount("http://", PublicAdapter())
        url = publisher.serve("/list", behave.document(b"secret")).replace("127.0.0.1", "localhost")

        # The check of the name is passed already here: this is what a second answer to the same question would meet.
        with pytest.raises(PrivateAddress):
            session.get(url, timeout=10)

        assert publisher.asked == []
