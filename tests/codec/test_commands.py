"""`python -m codec keys` and `token`: the files that they change, and what they refuse."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from temporalio.api.common.v1 import Payload

from codec.__main__ import main
from codec.settings import CodecSettings
from codec.tokens import Tokens, WrongTokens
from devstack.servers import AwsServer
from runtime.clock import SystemClock
from runtime.payloads import sealing_of
from runtime.ring_file import RingFile
from runtime.sealing import Sealing, is_sealed
from runtime.settings import Settings

Codec = Callable[..., str]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the settings lead to, with nothing in it."""
    monkeypatch.setenv("TENANTRY_PAYLOAD_KEYS_FILE", str(tmp_path / "keys.yaml"))
    monkeypatch.setenv("TENANTRY_CODEC_TOKENS_FILE", str(tmp_path / "tokens.yaml"))
    return tmp_path


@pytest.fixture
def codec(files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Codec:
    """Runs `python -m codec` with arguments in this process: what it prints, or 'exit code: error'."""

    def run(*arguments: str) -> str:
        monkeypatch.setattr("sys.argv", ["codec", *arguments])
        try:
            main()
        except SystemExit as end:
            return f"{end.code}: {capsys.readouterr().err}"
        return capsys.readouterr().out

    return run


def ring(files: Path) -> Sealing:
    sealing = sealing_of(Settings(payload_keys_file=files / "keys.yaml"))
    assert sealing
    return sealing


def test_a_ring_is_turned(codec: Codec, files: Path) -> None:
    """A key is added, written with, and the old one dropped; at each step what was sealed before is read."""
    assert "keys write 2026" in codec("keys", "add", "2026")
    assert ring(files).seal([Payload(data=b"told")]) == [Payload(data=b"told")]
    codec("keys", "write", "2026")
    old = ring(files).seal([Payload(data=b"told")])
    assert "keys write 2027" in codec("keys", "add", "2027")
    (still_old,) = ring(files).seal([Payload()])
    assert still_old.metadata["encryption-key-id"] == b"2026"
    codec("keys", "write", "2027")
    (new,) = ring(files).seal([Payload()])
    assert new.metadata["encryption-key-id"] == b"2027"
    assert ring(files).unseal(old) == [Payload(data=b"told")]
    codec("keys", "drop", "2026")
    assert list(RingFile.read(files / "keys.yaml").keys) == ["2027"]


def test_no_key_is_lost_by_a_mistake(codec: Codec, files: Path) -> None:
    """None is replaced, none that writes is dropped, none that is not there is either: the file stays."""
    codec("keys", "add", "2026")
    codec("keys", "write", "2026")
    before = (files / "keys.yaml").read_bytes()
    for arguments, said in (
        (("add", "2026"), "never replaced"),
        (("add", "no spaces"), "ids of keys are"),
        (("drop", "2026"), "'2026' writes"),
        (("drop", "2019"), "has no key '2019', only 2026"),
        (("write", "2019"), "has no key '2019', only 2026"),
    ):
        answer = codec("keys", *arguments)
        assert answer.startswith("2: error: ")
        assert said in answer
    assert (files / "keys.yaml").read_bytes() == before


def test_keys_are_for_their_owner_and_are_not_shown(codec: Codec, files: Path) -> None:
    """A new file is nobody else's to read, one that was given other rights keeps them, no key is printed."""
    file = files / "keys.yaml"
    printed = codec("keys", "add", "2026")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o640)
    printed += codec("keys", "add", "2027")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [one.name for one in files.iterdir()] == ["keys.yaml"]
    for line in file.read_text().splitlines():
        assert line.rpartition(" ")[2] not in printed or "key:" not in line


def test_kms_makes_a_key(codec: Codec, files: Path, aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file has what KMS encrypted, and no AWS away makes one."""
    import boto3  # noqa: PLC0415 - only here

    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "whoever-runs-kms")  # workers may make no keys
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    kms_key = boto3.client("kms", endpoint_url=aws.url).create_key()["KeyMetadata"]["KeyId"]
    codec("keys", "add", "2026", "--kms", kms_key)
    codec("keys", "write", "2026")
    assert RingFile.read(files / "keys.yaml").keys["2026"].kind == "kms"
    sealing = sealing_of(Settings())
    assert sealing
    sealed = sealing.seal([Payload(data=b"told")])
    assert is_sealed(sealed[0])
    assert sealing.unseal(sealed) == [Payload(data=b"told")]
    assert "KMS makes no key with 'alias/none'" in codec("keys", "add", "2027", "--kms", "alias/none")


def test_a_token_is_shown_once(codec: Codec, files: Path) -> None:
    """It opens until it is dropped; the file has only its hash, and a name has one token."""
    token = codec("token", "add", "ann").strip()
    file = files / "tokens.yaml"
    assert token not in file.read_text()
    tokens = Tokens(file, SystemClock().now)
    assert tokens.holder(token) == "ann"
    assert "has a token of 'ann' already" in codec("token", "add", "ann")
    codec("token", "add", "bob", "--days", "1")
    assert tokens.holder(token) == "ann"
    codec("token", "drop", "ann")
    assert tokens.holder(token) is None
    assert "has no token of 'ann'" in codec("token", "drop", "ann")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "must hold 'tokens'"),
        ("tokens: [", "is not YAML"),
        ("tokens: {ann: tcodec_abc}", "tokens.ann: must hold 'sha256'"),
        ("tokens: {ann: {sha256: abc, until: 2027-01-01}}", "tokens.ann: must hold 'sha256'"),
        (f"tokens: {{ann: {{sha256: {'a' * 64}}}}}", "'until', a day"),
        (f"tokens: {{ann: {{sha256: {'a' * 64}, until: 2027-02-30}}}}", "is not YAML"),
    ],
)
def test_wrong_tokens_are_refused(tmp_path: Path, text: str, problem: str) -> None:
    """With the file and what is wrong with it."""
    file = tmp_path / "tokens.yaml"
    file.write_text(text)
    with pytest.raises(WrongTokens) as caught:
        Tokens(file, SystemClock().now)
    assert str(file) in str(caught.value)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "TENANTRY_CODEC_TOKENS_FILE, TENANTRY_OIDC_ISSUER: one must say who may ask"),
        ({"codec_open": "true", "codec_host": "0.0.0.0"}, "TENANTRY_CODEC_OPEN: is for loopback"),
        ({"codec_open": "true", "codec_tokens_file": "t"}, "TENANTRY_CODEC_OPEN: goes with neither"),
        ({"codec_open": "true", "codec_origins": "*"}, "TENANTRY_CODEC_ORIGINS: '*' must be scheme"),
        ({"codec_open": "true"}, "TENANTRY_PAYLOAD_KEYS_FILE: must name the file"),
        ({"codec_open": "true", "payload_keys_file": "/none.yaml"}, "/none.yaml: cannot be read: No"),
    ],
)
def test_it_serves_nobody_with_wrong_settings(
    codec: Codec, settings: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Open to anyone only on this machine, never to any page, and not without keys: exit code 2, one line."""
    for name in [name for name in os.environ if name.startswith("TENANTRY_")]:
        monkeypatch.delenv(name)
    for name, value in settings.items():
        monkeypatch.setenv(f"TENANTRY_{name.upper()}", value)
    answer = codec().replace("Value error, ", "")
    assert answer.startswith(f"2: error: {said}")
    assert answer.count("\n") == 1


@pytest.mark.parametrize("origin", ["https://ui.example.com", "http://127.0.0.1:8233", "http://[::1]:8233"])
def test_origins_are_as_browsers_say_them(origin: str) -> None:
    """Scheme, host and port alone; what no browser would say is a mistake, and found at the start."""
    assert CodecSettings(codec_origins=(origin,)).codec_origins == (origin,)
    for wrong in (f"{origin}/", origin.upper(), f"{origin}/ui", "https://*.example.com", "null"):
        with pytest.raises(ValueError, match="must be scheme, host and port"):
            CodecSettings(codec_origins=(origin, wrong))
