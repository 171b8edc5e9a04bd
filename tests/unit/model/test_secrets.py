"""The one list of what a secret is called."""

import pytest

from eidos.engine.model.secrets import is_secret_name


@pytest.mark.parametrize(
    "name",
    [
        *("password", "dbPassword", "DB_PASSWD", "pass", "dbpass", "userPass", "pw", "ssh_pwd"),
        *("passphrase", "clientSecret", "HF_TOKEN", "credential", "aws-credentials"),
        *("apiKey", "NGC_API_KEY", "apikey", "encryption.key", "signingKey", "wpa.psk-key"),
        *("secretkey", "accessKey", "authkey", "privateKey"),
        *("/proc/sys/net/ipv4/tcp_fastopen_key", "/proc/sys/net/ipv6/conf/all/stable_secret"),
    ],
)
def test_these_promise_a_secret(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "0", "key", "labelKey", "maxkeys", "secretName", "tokenReview", "secrets"),
        *("spec_store_bypass", "compass", "passthrough", "spwd", "monkey"),
        *("/proc/sys/kernel/keys/maxkeys", "/proc/sys/net/ipv4/tcp_fastopen"),
    ],
)
def test_these_do_not(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["rd.luks.key", "systemd.set_credential", "token.x", "keyfile.key"]
)
def test_every_word_of_a_kernel_argument_counts(name: str) -> None:
    assert is_secret_name(name, boot=True)


@pytest.mark.parametrize("name", ["spec_store_bypass_disable", "iommu.passthrough", "keymap"])
def test_kernel_arguments_that_name_no_secret(name: str) -> None:
    assert not is_secret_name(name, boot=True)
