"""The resources that every cluster serves, read from `resources.yaml`."""

import functools
from importlib.resources import files

import yaml

from devstack.kubernetes.resources import ALL_VERBS, SUB_VERBS, Resource, Subresource


@functools.cache
def builtin() -> dict[str, tuple[Resource, ...]]:
    """The built-in resources by `group/version`, in the order in which discovery lists the groups."""
    text = (files("devstack.kubernetes") / "resources.yaml").read_text(encoding="utf-8")
    table = yaml.load(text, yaml.CSafeLoader)
    own_kinds = table["subresources"]
    return {
        api: tuple(_parse(api, line, own_kinds) for line in lines) for api, lines in table["groups"].items()
    }


def _parse(api: str, line: str, own_kinds: dict[str, str]) -> Resource:
    group, _, version = api.rpartition("/")
    plural, singular, kind, scope, *rest = line.split()
    options = dict(item.partition("=")[::2] for item in rest)
    subs = (_subresource(plural, name, kind, own_kinds) for name in _words(options, "sub"))
    return Resource(
        group,
        version,
        plural,
        singular,
        kind,
        scope == "n",
        short=_words(options, "short"),
        categories=_words(options, "categories"),
        verbs=_words(options, "verbs") or ALL_VERBS,
        subresources=tuple(subs),
        has_generation="gen" in options,
        name_rule=options.get("names", "subdomain"),
        stored_version=options.get("stored", ""),
        list_kind=f"{kind}List",
    )


def _words(options: dict[str, str], name: str) -> tuple[str, ...]:
    return tuple(word for word in options.get(name, "").split(",") if word)


def _subresource(plural: str, name: str, kind: str, own_kinds: dict[str, str]) -> Subresource:
    found = own_kinds.get(f"{plural}/{name}") or own_kinds.get(f"*/{name}")
    if found is None:
        return Subresource(name, kind)
    own, *rest = found.split()
    verbs = tuple(rest[0].split(",")) if rest else SUB_VERBS
    return Subresource(name, own, verbs, rest[1] if len(rest) > 1 else "")
