"""Tokens of service accounts, and what they may do by the RoleBindings of the moment."""

import secrets
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import jwt

from devstack.kubernetes.auth import Identity, Rule
from devstack.kubernetes.errors import ApiError, cause, details
from devstack.kubernetes.objects import Object, at, metadata, name_of, namespace_of
from devstack.kubernetes.store import Store

RBAC: Final = "rbac.authorization.k8s.io"
ACCOUNTS: Final = ("", "serviceaccounts")
SHORTEST_SECONDS: Final = 600
USUAL_SECONDS: Final = 3600
_ISSUER: Final = "https://kubernetes.default.svc"
_ROLES: Final = {"Role": "roles", "ClusterRole": "clusterroles"}


class Accounts:
    """Makes tokens and knows them again: while they last, and their account is the one they were made of."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock
        self._key = secrets.token_bytes(32)

    def token(self, account: Object, asked: Object) -> Object:
        """The TokenRequest as it is answered; ApiError 422 for a life that is too short."""
        seconds = at(asked, "spec", "expirationSeconds") or USUAL_SECONDS
        if seconds < SHORTEST_SECONDS:
            raise _too_short(name_of(account), seconds)
        now = int(self._clock())
        audiences = at(asked, "spec", "audiences") or [_ISSUER]
        space, name = namespace_of(account), name_of(account)
        claims = {
            "aud": audiences,
            "exp": now + seconds,
            "iat": now,
            "nbf": now,
            "iss": _ISSUER,
            "jti": str(uuid4()),
            "kubernetes.io": {
                "namespace": space,
                "serviceaccount": {"name": name, "uid": metadata(account)["uid"]},
            },
            "sub": f"system:serviceaccount:{space}:{name}",
        }
        expires = datetime.fromtimestamp(now + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {"name": name, "namespace": space},
            "spec": {"audiences": audiences, "expirationSeconds": seconds, "boundObjectRef": None},
            "status": {"token": jwt.encode(claims, self._key), "expirationTimestamp": expires},
        }

    def identity(self, token: str) -> Identity | None:
        """Whose token this is; None if it is none, or is no longer."""
        try:
            # Its times are looked at by this server's clock.
            claims = jwt.decode(
                token, self._key, algorithms=["HS256"], audience=_ISSUER, options={"verify_exp": False}
            )
        except jwt.InvalidTokenError:
            return None
        whose = claims["kubernetes.io"]
        space, name = whose["namespace"], whose["serviceaccount"]["name"]
        account = self._store.get(ACCOUNTS, space, name)
        if account is None or metadata(account)["uid"] != whose["serviceaccount"]["uid"]:
            return None
        if claims["exp"] <= self._clock():
            return None
        return Identity(claims["sub"], tuple(self._rules(space, name)))

    def _rules(self, space: str, name: str) -> Iterator[Rule]:
        """What RoleBindings give in their namespaces; names of resources are not looked at."""
        for binding in self._store.all((RBAC, "rolebindings")):
            subjects = binding.get("subjects") or []
            if not any(_is(subject, space, name) for subject in subjects):
                continue
            where = namespace_of(binding)
            reference = binding["roleRef"]
            within = where if reference["kind"] == "Role" else ""
            role = self._store.get((RBAC, _ROLES[reference["kind"]]), within, reference["name"]) or {}
            for rule in role.get("rules") or []:
                verbs, groups = frozenset(rule["verbs"]), frozenset(rule.get("apiGroups") or [])
                yield Rule(verbs, groups, frozenset(rule.get("resources") or []), frozenset({where}))


def _is(subject: Object, space: str, name: str) -> bool:
    return (subject["kind"], subject.get("namespace"), subject["name"]) == ("ServiceAccount", space, name)


def _too_short(name: str, seconds: int) -> ApiError:
    field = "spec.expirationSeconds"
    why = f"Invalid value: {seconds}: may not specify a duration less than 10 minutes"
    kind, group = "TokenRequest", "authentication.k8s.io"
    causes = [cause("FieldValueInvalid", why, field)]
    message = f'{kind}.{group} "{name}" is invalid: {field}: {why}'
    return ApiError(422, "Invalid", message, details(name, group, kind, causes=causes))
