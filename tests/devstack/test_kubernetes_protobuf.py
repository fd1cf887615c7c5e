"""Bodies as kubectl 1.32 sent them, recorded from its wire."""

import base64
from typing import Any

import pytest

from devstack.kubernetes.errors import ApiError
from devstack.kubernetes.protobuf import decode

NAMESPACE = "azhzAAoPCgJ2MRIJTmFtZXNwYWNlEhkKEQoBYRIAGgAiACoAMgA4AEIAEgAaAgoAGgAiAA=="
CONFIG_MAP = "azhzAAoPCgJ2MRIJQ29uZmlnTWFwEhwKEgoBYxIAGgFhIgAqADIAOABCABIGCgFhEgExGgAiAA=="
SECRET = "azhzAAoMCgJ2MRIGU2VjcmV0Eh0KEQoBcxIAGgAiACoAMgA4AEIAEgYKAWESATEaABoAIgA="
ROLE = (
    "azhzAAokChxyYmFjLmF1dGhvcml6YXRpb24uazhzLmlvL3YxEgRSb2xlEiIKEQoBchIAGgAiACoAMgA4AEIAEg0KA2dldBIAGgRwb2Rz"
    "GgAiAA=="
)
QUOTA = "azhzAAoTCgJ2MRINUmVzb3VyY2VRdW90YRIkChEKAXESABoAIgAqADIAOABCABINCgsKBHBvZHMSAwoBMhoAGgAiAA=="
JOB = (
    "azhzAAoPCghiYXRjaC92MRIDSm9iEnYKEQoBahIAGgAiACoAMgA4AEIAElcyVQoQCgASABoAIgAqADIAOABCABJBEh4KAWoSBW5naW54"
    "KgBCAGoAcgCAAQCIAQCQAQCiAQAaBU5ldmVyMgBCAEoAUgBYAGAAaACCAQCKAQCaAQDCAQAaCCAAKAAwADoAGgAiAA=="
)


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (NAMESPACE, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}),
        (
            CONFIG_MAP,
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "c", "namespace": "a"},
                "data": {"a": "1"},
            },
        ),
        (
            SECRET,
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "MQ=="}},
        ),
        (
            ROLE,
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "Role",
                "metadata": {"name": "r"},
                "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}],
            },
        ),
        (
            QUOTA,
            {
                "apiVersion": "v1",
                "kind": "ResourceQuota",
                "metadata": {"name": "q"},
                "spec": {"hard": {"pods": "2"}},
            },
        ),
    ],
)
def test_what_kubectl_creates_is_read(body: str, wanted: dict[str, Any]) -> None:
    """The object is the one that the same command shows with --dry-run=client, without what is empty."""
    assert decode(base64.b64decode(body)) == wanted


def test_another_kind_is_refused_with_a_way_out() -> None:
    """A kind that is not read is a 415 that says what is."""
    with pytest.raises(ApiError, match=r"does not read Job.*application/json") as refused:
        decode(base64.b64decode(JOB))
    assert refused.value.code == 415


def test_a_field_beyond_the_known_ones_is_not_lost() -> None:
    """A namespace with owner references, which are not read, is refused and not made without them."""
    meta = b"\x0a\x01a\x6a\x02\x0a\x00"  # name, and field 13
    raw = b"\x0a" + bytes([len(meta)]) + meta
    named = b"\x0a\x02v1\x12\x09Namespace"
    body = b"k8s\x00\x0a" + bytes([len(named)]) + named + b"\x12" + bytes([len(raw)]) + raw
    with pytest.raises(ApiError, match="field 13 of Meta") as refused:
        decode(body)
    assert refused.value.code == 415


@pytest.mark.parametrize("cut", [4, 5, 12, 30])
def test_what_is_cut_off_is_a_bad_request(cut: int) -> None:
    """A body that ends early is a 400, wherever it ends."""
    with pytest.raises(ApiError) as refused:
        decode(base64.b64decode(CONFIG_MAP)[:cut])
    assert refused.value.code == 400
