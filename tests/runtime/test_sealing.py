"""What Temporal keeps is sealed: by keys of a ring, which is turned without a run being lost."""

import base64
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
import yaml
from google.protobuf.json_format import MessageToJson
from hypothesis import given
from hypothesis import strategies as st
from temporalio import activity, workflow
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from devstack.servers import AwsServer
from devstack.temporal import Temporal
from runtime.key_ring import KeyRing, UnknownKey, read_key_ring
from runtime.kms import Kms
from runtime.payloads import data_converter, sealing_of
from runtime.ring_file import WrongKeyRing
from runtime.sealing import BrokenSeal, Sealing, is_sealed
from runtime.settings import Settings

CANARY = "ann@example.com"
LIMIT = timedelta(seconds=10)
payloads = st.builds(
    Payload, metadata=st.dictionaries(st.text(max_size=5), st.binary(max_size=5)), data=st.binary()
)


def key(number: int) -> str:
    return base64.b64encode(bytes([number]) * 32).decode()


def nothing_wrapped(_key_id: str, _encrypted: bytes) -> bytes:
    raise AssertionError("no key of this ring is KMS's")


def write_ring(folder: Path, writes: str, *names: str) -> Path:
    file = folder / "keys.yaml"
    keys = {name: {"key": key(place)} for place, name in enumerate(names)}
    file.write_text(yaml.safe_dump({"writes": writes, "keys": keys}))
    return file


def ring(folder: Path, writes: str, *names: str) -> KeyRing:
    return read_key_ring(write_ring(folder, writes, *names), nothing_wrapped)


@pytest.fixture
def sealing(tmp_path: Path) -> Sealing:
    return Sealing(ring(tmp_path, "one", "one"))


@given(st.lists(payloads, max_size=3))
def test_what_is_sealed_is_unsealed(tmp_path_factory: pytest.TempPathFactory, told: list[Payload]) -> None:
    """Any payload comes back as it was, and nothing of it is in what is kept."""
    sealing = Sealing(ring(tmp_path_factory.getbasetemp(), "one", "one"))
    sealed = sealing.seal(told)
    assert all(map(is_sealed, sealed))
    assert sealing.unseal(sealed) == told


def test_the_same_is_never_sealed_the_same(sealing: Sealing) -> None:
    """Who reads two of them cannot tell whether they say the same."""
    first, second = sealing.seal([Payload(data=b"same"), Payload(data=b"same")])
    assert first.data != second.data


def test_keys_are_turned(tmp_path: Path) -> None:
    """A new key writes, the old one still reads; without it, the error names the key that is wanted."""
    sealed = Sealing(ring(tmp_path, "old", "old")).seal([Payload(data=b"told")])
    both = Sealing(ring(tmp_path, "new", "old", "new"))
    assert both.unseal(sealed) == [Payload(data=b"told")]
    assert both.seal([Payload()])[0].metadata["encryption-key-id"] == b"new"
    with pytest.raises(UnknownKey, match="'old'"):
        Sealing(ring(tmp_path, "new", "new")).unseal(sealed)


def test_a_changed_payload_is_refused(sealing: Sealing) -> None:
    """Neither its text nor the name of its key can be changed, or exchanged for another key's."""
    (sealed,) = sealing.seal([Payload(data=b"told")])
    changed = Payload(metadata=sealed.metadata, data=sealed.data[:-1] + bytes([sealed.data[-1] ^ 1]))
    cut = Payload(metadata=sealed.metadata, data=sealed.data[:5])
    for broken in (changed, cut):
        with pytest.raises(BrokenSeal):
            sealing.unseal([broken])


def test_payloads_from_before_there_were_keys_are_read(sealing: Sealing) -> None:
    """Runs that were open when keys came go on."""
    assert sealing.unseal([Payload(data=b"plain")]) == [Payload(data=b"plain")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "must hold 'writes'"),
        ("- a\n", "must hold 'writes'"),
        ("writes: [", "is not YAML"),
        ("writes: b\nkeys: {a: {key: x}}\n", "writes: must be the id of one of the keys"),
        ("writes: a\nkeys: {a: {key: '!'}}\n", "keys.a.key: is not base64"),
        ("writes: a\nkeys: {a: {key: c2VjcmV0}}\n", "keys.a: must be 32 bytes, not 6"),
        ("writes: a\nkeys: {a: {key: c2VjcmV0, kms: x}}\n", "either 'key' or 'kms'"),
        ("writes: 1\nkeys: {1: {key: c2VjcmV0}}\n", "in quotes"),
    ],
)
def test_a_wrong_ring_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    """With the file and what is wrong, and nothing of a key."""
    file = tmp_path / "keys.yaml"
    file.write_text(text)
    with pytest.raises(WrongKeyRing, match=problem) as caught:
        read_key_ring(file, nothing_wrapped)
    assert str(file) in str(caught.value)
    assert "c2VjcmV0" not in str(caught.value)


def test_a_ring_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    """With its name and the system's reason."""
    with pytest.raises(WrongKeyRing, match="No such file"):
        read_key_ring(tmp_path / "none.yaml", nothing_wrapped)


@pytest.fixture
def kms_key(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "whoever-runs-kms")  # workers may make no keys
    made: str = boto3.client("kms", endpoint_url=aws.url).create_key()["KeyMetadata"]["KeyId"]
    return made


def test_keys_that_kms_has_encrypted(aws: AwsServer, kms_key: str, tmp_path: Path) -> None:
    """What is sealed under a key of KMS is unsealed by whoever KMS decrypts it for, under its own id."""
    wrapped = Kms(aws.url).wrapped("k", kms_key)
    (sealed,) = kms_sealing(tmp_path, aws, k=wrapped).seal([Payload(data=b"told")])
    assert kms_sealing(tmp_path, aws, k=wrapped).unseal([sealed]) == [Payload(data=b"told")]
    with pytest.raises(WrongKeyRing, match=r"keys\.other: KMS does not decrypt it"):
        kms_sealing(tmp_path, aws, other=wrapped)


def test_what_kms_cannot_read_is_no_ring(aws: AwsServer, kms_key: str, tmp_path: Path) -> None:
    """With the key and what KMS says; neither does it make one under a key that is not there."""
    with pytest.raises(WrongKeyRing, match=r"keys\.k: KMS does not decrypt it"):
        kms_sealing(tmp_path, aws, k=b"not of KMS")
    with pytest.raises(WrongKeyRing, match="KMS makes no key with 'alias/none'"):
        Kms(aws.url).wrapped("k", "alias/none")


def kms_sealing(folder: Path, aws: AwsServer, **keys: bytes) -> Sealing:
    told = {name: {"kms": base64.b64encode(encrypted).decode()} for name, encrypted in keys.items()}
    file = folder / "keys.yaml"
    file.write_text(yaml.safe_dump({"writes": next(iter(told)), "keys": told}))
    sealing = sealing_of(Settings(payload_keys_file=file, aws_endpoint_url=aws.url))
    assert sealing
    return sealing


@activity.defn
async def refuse(who: str) -> str:
    """Fails for good, with what it was told in the message."""
    raise ApplicationError(f"not {who}", {"who": who}, non_retryable=True)


@workflow.defn
class Told:
    @workflow.run
    async def run(self, who: str) -> str:
        workflow.set_current_details(who)
        return await workflow.execute_activity(refuse, who, start_to_close_timeout=LIMIT, summary=who)


async def test_nothing_readable_is_in_a_history(temporal: Temporal, tmp_path: Path) -> None:
    """Inputs, failures, memos and summaries: who has no key reads none, who has one reads all."""
    settings = Settings(payload_keys_file=write_ring(tmp_path, "one", "one"))
    client = await Client.connect(temporal.address, data_converter=data_converter(settings))
    async with Worker(
        client,
        task_queue=uuid4().hex,
        workflows=[Told],
        activities=[refuse],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ) as worker:
        run = await client.start_workflow(
            Told.run, CANARY, id=uuid4().hex, task_queue=worker.task_queue, memo={"who": CANARY}
        )
        with pytest.raises(WorkflowFailureError) as failed:
            await run.result()
    assert CANARY in str(failed.value.cause.__cause__)
    kept = (await run.fetch_history()).to_json() + MessageToJson((await run.describe()).raw_description)
    for said in (CANARY, f'"{CANARY}"'):
        assert said not in kept
        assert base64.b64encode(said.encode()).decode() not in kept
    assert await (await run.describe()).memo_value("who") == CANARY
