"""Rules for names, labels and other metadata, with the messages of the real server."""

import re
from typing import Any, Final

from devstack.kubernetes.errors import cause, forbidden_field, invalid_value, required
from devstack.kubernetes.objects import Object, at, dump, metadata, quote
from devstack.kubernetes.resources import Resource

_LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_1035: Final = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_NAME_PART: Final = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_VALUE: Final = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")

_LABEL_TEXT: Final = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start "
    "and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_LABEL_1035_TEXT: Final = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
    "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', "
    "regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
)
_SUBDOMAIN_TEXT: Final = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_NAME_PART_TEXT: Final = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_VALUE_TEXT: Final = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', "
    "regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_ANNOTATIONS_LIMIT: Final = 256 * 1024


def validate_metadata(obj: Object, live: Object, resource: Resource) -> list[Object]:
    """The causes for which the metadata of a new or changed object is refused."""
    meta = metadata(obj)
    causes = [] if live else _name(meta.get("name", ""), resource)
    causes += label_causes(meta.get("labels"), "metadata.labels")
    annotations = meta.get("annotations") or {}
    for key in annotations:
        causes += qualified_name(key.lower(), key, "metadata.annotations")
    if sum(len(str(key)) + len(str(value)) for key, value in annotations.items()) > _ANNOTATIONS_LIMIT:
        text = f"Too long: may not be more than {_ANNOTATIONS_LIMIT} bytes"
        causes.append(cause("FieldValueTooLong", text, "metadata.annotations"))
    for name in meta.get("finalizers") or ():
        causes += qualified_name(name, name, "metadata.finalizers")
    return causes + (_kept(meta, metadata(live)) if live else [])


def _kept(meta: Object, old: Object) -> list[Object]:
    """No finalizer may be added to what is already being deleted."""
    if "deletionTimestamp" not in old:
        return []
    added = sorted(set(meta.get("finalizers") or ()) - set(old.get("finalizers") or ()))
    if not added:
        return []
    shown = "[]string{" + ", ".join(quote(name) for name in added) + "}"
    why = f"no new finalizers can be added if the object is being deleted, found new finalizers {shown}"
    return [forbidden_field("metadata.finalizers", why)]


def _name(name: str, resource: Resource) -> list[Object]:
    if not name:
        return [required("metadata.name", "name or generateName is required")]
    if resource.name_rule == "path":
        bad = name in {".", ".."} or "/" in name or "%" in name
        return [invalid_value("metadata.name", quote(name), "may not contain '/'")] if bad else []
    if resource.name_rule == "label":
        return dns_label(name, "metadata.name")
    if resource.name_rule == "label1035":
        return _matched(name, "metadata.name", _LABEL_1035, _LABEL_1035_TEXT, 63)
    return subdomain(name, "metadata.name")


def immutable(obj: Object, live: Object, *path: str) -> list[Object]:
    """The cause for which a change of one field is refused."""
    if at(obj, *path) == at(live, *path):
        return []
    return [invalid_value(".".join(path), dump(at(obj, *path)), "field is immutable")]


def dns_label(value: Any, field: str) -> list[Object]:
    """An RFC 1123 label of at most 63 characters."""
    return _matched(value, field, _LABEL, _LABEL_TEXT, 63)


def subdomain(value: Any, field: str) -> list[Object]:
    """An RFC 1123 subdomain of at most 253 characters."""
    return _matched(value, field, _SUBDOMAIN, _SUBDOMAIN_TEXT, 253)


def label_causes(found: Any, field: str) -> list[Object]:
    """The causes for which a map of labels is refused."""
    causes = []
    for key, value in sorted((found or {}).items()):
        causes += qualified_name(key, key, field)
        causes += _matched(value, field, _VALUE, _VALUE_TEXT, 63)
    return causes


def qualified_name(name: str, shown: str, field: str) -> list[Object]:
    """A key such as `example.com/name`."""
    prefix, slash, part = name.rpartition("/")
    if slash and not prefix:
        return [invalid_value(field, quote(shown), "prefix part must be non-empty")]
    causes = []
    if slash and not _SUBDOMAIN.fullmatch(prefix):
        causes.append(invalid_value(field, quote(shown), f"prefix part {_SUBDOMAIN_TEXT}"))
    if not part:
        return [*causes, invalid_value(field, quote(shown), "name part must be non-empty")]
    if len(part) > 63:
        causes.append(invalid_value(field, quote(shown), "name part must be no more than 63 bytes"))
    if not _NAME_PART.fullmatch(part):
        causes.append(invalid_value(field, quote(shown), _NAME_PART_TEXT))
    return causes


def _matched(value: Any, field: str, form: re.Pattern[str], text: str, limit: int) -> list[Object]:
    shown = dump(value)
    causes = []
    if len(str(value)) > limit:
        causes.append(invalid_value(field, shown, f"must be no more than {limit} bytes"))
    if not form.fullmatch(str(value)):
        causes.append(invalid_value(field, shown, text))
    return causes
