"""Who may do what: bearer tokens with a simple table of rules in the place of RBAC objects."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from devstack.kubernetes.errors import ApiError, forbidden

DEFAULT_TOKEN: Final = "devstack"
ANONYMOUS: Final = "system:anonymous"
_PUBLIC = ("/healthz", "/livez", "/readyz", "/version")
_DISCOVERY = ("/api", "/apis", "/openapi")


@dataclass(frozen=True, slots=True)
class Rule:
    """What one rule allows; `*` is any."""

    verbs: frozenset[str] = frozenset("*")
    groups: frozenset[str] = frozenset("*")
    resources: frozenset[str] = frozenset("*")
    namespaces: frozenset[str] = frozenset("*")

    def allows(self, verb: str, group: str, resource: str, namespace: str) -> bool:
        """Whether a request is inside this rule; `resource` is `pods` or `pods/log`."""
        pairs = (
            (verb, self.verbs),
            (group, self.groups),
            (resource, self.resources),
            (namespace, self.namespaces),
        )
        return all("*" in allowed or value in allowed for value, allowed in pairs)


@dataclass(frozen=True, slots=True)
class Identity:
    """A user and what it may do."""

    user: str
    rules: tuple[Rule, ...] = ()

    def may(self, verb: str, group: str, resource: str, namespace: str) -> bool:
        """Whether one rule allows it."""
        return any(rule.allows(verb, group, resource, namespace) for rule in self.rules)

    @property
    def unlimited(self) -> bool:
        """Whether one rule allows everything."""
        return Rule() in self.rules


ADMIN: Final = Identity("devstack-admin", (Rule(),))
# Identities by bearer token; the empty token is for requests that bear none.
Tokens = Mapping[str, Identity]
# kubectl sends no credentials over plain HTTP, so whoever reaches the loopback port without any is let in.
DEFAULT_TOKENS: Final[Tokens] = {DEFAULT_TOKEN: ADMIN, "": Identity(ANONYMOUS, (Rule(),))}


def authenticate(header: str, tokens: Tokens, issued: Callable[[str], Identity | None]) -> Identity:
    """The bearer of an Authorization header; anonymous without one; ApiError 401 for an unknown token.

    `issued` knows the tokens that the cluster itself has made.
    """
    if not header:
        return tokens.get("", Identity(ANONYMOUS))
    scheme, _, token = header.partition(" ")
    token = token.strip()
    found = (tokens.get(token) or issued(token)) if scheme.lower() == "bearer" else None
    if found is None:
        raise ApiError(401, "Unauthorized", "Unauthorized")
    return found


def authorize(who: Identity, verb: str, group: str, resource: str, namespace: str, name: str) -> None:
    """ApiError 403 unless one rule allows the request."""
    if who.may(verb, group, resource, namespace):
        return
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    why = f'User "{who.user}" cannot {verb} resource "{resource}" in API group "{group}" {where}'
    raise forbidden(resource.partition("/")[0], group, name, why)


def authorize_path(who: Identity, path: str) -> None:
    """ApiError 403 for a path outside resources that this user may not read."""
    if path.startswith(_PUBLIC) or (who.user != ANONYMOUS and path.startswith(_DISCOVERY)):
        return
    if not who.unlimited:
        raise ApiError(403, "Forbidden", f'forbidden: User "{who.user}" cannot get path "{path}"')
