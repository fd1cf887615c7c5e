"""IAM SimulatePrincipalPolicy and SimulateCustomPolicy: a real evaluation, which moto has not."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devstack.aws.calls import Call
from devstack.aws.policy import Context, Request, UnknownOperatorError, judge
from devstack.aws.protocol import RefusedError
from devstack.aws.state import Handlers, State
from devstack.aws.trust import as_list, role_of


@dataclass(frozen=True)
class Document:
    """A policy, under the name by which its statements are reported."""

    name: str
    kind: str
    statements: list[dict[str, Any]]


class Simulation:
    """For roles: their inline policies, the managed ones attached, and those that are given."""

    def __init__(self, state: State) -> None:
        self._moto = state.moto

    def handlers(self) -> Handlers:
        return {
            ("iam", "SimulatePrincipalPolicy"): self._principal,
            ("iam", "SimulateCustomPolicy"): self._custom,
        }

    def _principal(self, call: Call) -> Mapping[str, Any]:
        return _evaluate(call, self._of_role(call) + _given(call))

    def _custom(self, call: Call) -> Mapping[str, Any]:
        return _evaluate(call, _given(call))

    def _of_role(self, call: Call) -> list[Document]:
        arn = call.params["PolicySourceArn"]
        if ":role/" not in arn:
            raise RefusedError("InvalidInput", f"Invalid Entity Arn: {arn}")
        with self._moto.lock:
            role = role_of(call.account, arn)
            if role is None:
                raise RefusedError("NoSuchEntity", f"{arn} not found.")
            inline = [_document(name, "role", text) for name, text in role.policies.items()]
            attached = [
                _document(policy.name, "managed", version.document)
                for policy in role.managed_policies.values()
                for version in policy.versions
                if version.is_default
            ]
        return inline + attached


def _given(call: Call) -> list[Document]:
    texts = call.params.get("PolicyInputList") or []
    return [_document(f"PolicyInputList.{i}", "none", text) for i, text in enumerate(texts, 1)]


def _document(name: str, kind: str, text: str) -> Document:
    try:
        return Document(name, kind, as_list(json.loads(text).get("Statement")))
    except (ValueError, AttributeError):
        raise RefusedError("InvalidInput", f"Syntax errors in policy {name}.") from None


def _evaluate(call: Call, documents: list[Document]) -> Mapping[str, Any]:
    context = _context(call.params)
    results = [
        _result(Request(action, resource, context), documents)
        for action in call.params["ActionNames"]
        for resource in call.params.get("ResourceArns") or ["*"]
    ]
    return {"EvaluationResults": results, "IsTruncated": False}


def _context(params: Mapping[str, Any]) -> Context:
    return {
        entry["ContextKeyName"].lower(): entry.get("ContextKeyValues") or []
        for entry in params.get("ContextEntries") or []
    }


def _result(request: Request, documents: list[Document]) -> dict[str, Any]:
    matched: dict[str, list[dict[str, str]]] = {"Allow": [], "Deny": []}
    missing: set[str] = set()
    for document in documents:
        for statement in document.statements:
            try:
                verdict = judge(statement, request)
            except UnknownOperatorError as error:
                message = f"This stand-in does not evaluate the condition operator {error}."
                raise RefusedError("InvalidInput", message) from None
            missing |= verdict.missing
            if verdict.effect:
                source = {"SourcePolicyId": document.name, "SourcePolicyType": document.kind}
                matched[verdict.effect].append(source)
    decision, deciding = "implicitDeny", []
    if matched["Deny"]:
        decision, deciding = "explicitDeny", matched["Deny"]
    elif matched["Allow"]:
        decision, deciding = "allowed", matched["Allow"]
    return {
        "EvalActionName": request.action,
        "EvalResourceName": request.resource,
        "EvalDecision": decision,
        "MatchedStatements": deciding,
        "MissingContextValues": sorted(missing),
    }
