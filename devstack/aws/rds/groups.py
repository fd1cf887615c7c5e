"""Parameter groups, and the subnet groups that exist by configuration."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from devstack.aws.calls import Call
from devstack.aws.pages import page
from devstack.aws.protocol import RefusedError
from devstack.aws.quotas import PARAMETER_GROUPS, Quotas
from devstack.aws.rds import catalog, checks, views
from devstack.aws.rds.store import ParameterGroup, Store, key
from devstack.aws.state import Handlers, State

GROUP_NAME = re.compile(r"[A-Za-z](?!.*--)(?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?")
PARAMETERS_AT_ONCE = 20

Item = TypeVar("Item")


class Groups:
    """A `default.*` group exists as soon as it is asked for, and cannot be changed."""

    def __init__(self, state: State, store: Store, quotas: Quotas) -> None:
        self._state = state
        self._store = store
        self._quotas = quotas

    def handlers(self) -> Handlers:
        return {
            ("rds", "CreateDBParameterGroup"): self._create,
            ("rds", "DescribeDBParameterGroups"): self._describe,
            ("rds", "ModifyDBParameterGroup"): self._modify,
            ("rds", "ResetDBParameterGroup"): self._reset,
            ("rds", "DescribeDBParameters"): self._parameters,
            ("rds", "DeleteDBParameterGroup"): self._delete,
            ("rds", "DescribeDBSubnetGroups"): self._subnet_groups,
        }

    def of_instance(self, call: Call, name: str | None, version: str) -> ParameterGroup:
        """The group for an instance of this engine version; hold the store's lock."""
        family = catalog.family(version)
        group = self._find(call, name or f"default.{family}")
        if group.family != family:
            raise checks.combination_error(
                f"The parameter group {group.name} with DBParameterGroupFamily {group.family} can't be used "
                f"for this instance. Please use a parameter group with DBParameterGroupFamily {family}."
            )
        return group

    def check_subnet_group(self, call: Call, name: str | None) -> None:
        known = self._state.config.subnet_groups.get(call.region)
        if name is not None and known is not None and name.lower() not in [n.lower() for n in known]:
            raise RefusedError("DBSubnetGroupNotFoundFault", f"DBSubnetGroup '{name}' not found.")

    def _find(self, call: Call, name: str) -> ParameterGroup:
        found = self._store.groups.get(key(call, name))
        if found is None and name.removeprefix("default.") in catalog.FAMILIES:
            family = name.removeprefix("default.")
            found = ParameterGroup(key(call, name), name, family, f"Default parameter group for {family}")
        if found is None:
            raise RefusedError("DBParameterGroupNotFound", f"DBParameterGroup not found: {name}")
        return found

    def _create(self, call: Call) -> Mapping[str, Any]:
        params = call.params
        name, family = params["DBParameterGroupName"].lower(), params["DBParameterGroupFamily"]
        if not GROUP_NAME.fullmatch(name):
            raise checks.value_error(f"The parameter DBParameterGroupName is not a valid identifier: {name}")
        if family not in catalog.FAMILIES:
            raise checks.value_error(f"ParameterGroupFamily {family} is not a valid parameter group family")
        if not params["Description"]:
            raise checks.value_error("The parameter Description must be provided and must not be blank.")
        with self._store.lock:
            if key(call, name) in self._store.groups:
                raise RefusedError("DBParameterGroupAlreadyExists", f"Parameter group {name} already exists")
            here = sum(other[:2] == (call.account, call.region) for other in self._store.groups)
            if here >= self._quotas.applied(PARAMETER_GROUPS):
                message = "The request would exceed the maximum number of DB parameter groups."
                raise RefusedError("DBParameterGroupQuotaExceeded", message)
            group = ParameterGroup(key(call, name), name, family, params["Description"])
            self._store.groups[group.key] = group
            tags = {tag["Key"]: tag.get("Value", "") for tag in params.get("Tags") or []}
            self._store.tags[views.arn(call, "pg", name)] = tags
            return {"DBParameterGroup": views.show_group(call, group)}

    def _describe(self, call: Call) -> Mapping[str, Any]:
        params = call.params
        with self._store.lock:
            if params.get("DBParameterGroupName"):
                found = [self._find(call, params["DBParameterGroupName"])]
            else:
                here = (call.account, call.region)
                found = [group for group in self._store.groups.values() if group.key[:2] == here]
            shown, marker = _page(found, call)
            groups = [views.show_group(call, group) for group in shown]
            return {"DBParameterGroups": groups, "Marker": marker}

    def _modify(self, call: Call) -> Mapping[str, Any]:
        asked = call.params["Parameters"]
        if len(asked) > PARAMETERS_AT_ONCE:
            message = f"The request must not have more than {PARAMETERS_AT_ONCE} parameters."
            raise checks.value_error(message)
        changes = dict(_checked(parameter) for parameter in asked)
        with self._store.lock:
            group = self._changeable(call)
            known = catalog.PARAMETERS
            group.static_changes += any(
                known[name].static and group.values.get(name, ("",))[0] != value
                for name, (value, _method) in changes.items()
            )
            group.values.update(changes)
            return {"DBParameterGroupName": group.name}

    def _reset(self, call: Call) -> Mapping[str, Any]:
        names = [parameter["ParameterName"] for parameter in call.params.get("Parameters") or []]
        with self._store.lock:
            group = self._changeable(call)
            dropped = set(group.values) if call.params.get("ResetAllParameters") else set(names)
            group.static_changes += any(
                catalog.PARAMETERS[name].static for name in dropped if name in group.values
            )
            group.values = {name: value for name, value in group.values.items() if name not in dropped}
            return {"DBParameterGroupName": group.name}

    def _parameters(self, call: Call) -> Mapping[str, Any]:
        with self._store.lock:
            values = dict(self._find(call, call.params["DBParameterGroupName"]).values)
        shown = [_show(name, values.get(name)) for name in catalog.PARAMETERS]
        source = call.params.get("Source")
        parameters, marker = _page([p for p in shown if source in (None, p["Source"])], call)
        return {"Parameters": parameters, "Marker": marker}

    def _delete(self, call: Call) -> None:
        with self._store.lock:
            self._store.settle(self._state.clock.now())
            group = self._changeable(call)
            if self._store.members_of(group):
                raise RefusedError(
                    "InvalidDBParameterGroupState",
                    f"One or more database instances are still members of this parameter group {group.name}, "
                    "so the group cannot be deleted",
                )
            del self._store.groups[group.key]
            self._store.tags.pop(views.arn(call, "pg", group.name), None)

    def _changeable(self, call: Call) -> ParameterGroup:
        name = call.params["DBParameterGroupName"]
        group = self._find(call, name)
        if group.key not in self._store.groups:
            raise checks.value_error(f"A default DBParameterGroup cannot be changed or deleted: {name}")
        return group

    def _subnet_groups(self, call: Call) -> Mapping[str, Any]:
        names = self._state.config.subnet_groups.get(call.region, [])
        asked = call.params.get("DBSubnetGroupName")
        if asked is not None:
            self.check_subnet_group(call, asked)
            names = [asked]
        shown, marker = _page([views.subnet_group(name) for name in names], call)
        return {"DBSubnetGroups": shown, "Marker": marker}


def _checked(parameter: dict[str, Any]) -> tuple[str, tuple[str, str]]:
    name, method = parameter["ParameterName"], parameter.get("ApplyMethod") or "pending-reboot"
    known = catalog.PARAMETERS.get(name)
    if known is None:
        raise checks.value_error(f"Could not find parameter with name: {name}")
    if known.static and method == "immediate":
        raise checks.combination_error("cannot use immediate apply method for static parameter")
    value = str(parameter.get("ParameterValue") or "")
    if known.data_type == "boolean" and value not in ("0", "1"):
        raise checks.value_error(f"Invalid parameter value: {value} for: {name} allowed values are: 0,1")
    return name, (value, method)


def _show(name: str, given: tuple[str, str] | None) -> dict[str, Any]:
    parameter = catalog.PARAMETERS[name]
    value, method = given or (parameter.default, "pending-reboot")
    return {
        "ParameterName": name,
        "ParameterValue": value,
        "DataType": parameter.data_type,
        "Source": "user" if given else "engine-default",
        "ApplyType": "static" if parameter.static else "dynamic",
        "ApplyMethod": method,
        "IsModifiable": True,
    }


def _page(items: list[Item], call: Call) -> tuple[list[Item], str | None]:
    try:
        return page(items, call.params.get("Marker"), call.params.get("MaxRecords") or 100)
    except ValueError:
        message = f"The request contains an invalid marker: {call.params['Marker']}"
        raise checks.value_error(message) from None
