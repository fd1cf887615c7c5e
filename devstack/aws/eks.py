"""EKS Pod Identity associations, which moto has not, in clusters that exist by configuration."""

import threading
from collections.abc import Mapping
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.eks.models import eks_backends

from devstack.aws.associations import OPTIONAL, Association, check_tags, new_body
from devstack.aws.calls import Call
from devstack.aws.pages import page
from devstack.aws.protocol import Answer, RefusedError
from devstack.aws.state import Handlers, State
from devstack.aws.trust import lets_in_pods, role_of

PAGE_SIZE = 100
SUMMARY = ("clusterName", "namespace", "serviceAccount", "associationArn", "associationId")


class Eks:
    """One association per cluster, namespace and service account."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._lock = threading.RLock()
        self._associations: dict[str, Association] = {}

    def handlers(self) -> Handlers:
        return {
            ("eks", "CreatePodIdentityAssociation"): self._create,
            ("eks", "DescribePodIdentityAssociation"): self._describe,
            ("eks", "ListPodIdentityAssociations"): self._list,
            ("eks", "UpdatePodIdentityAssociation"): self._update,
            ("eks", "DeletePodIdentityAssociation"): self._delete,
            ("eks", "TagResource"): self._tag,
            ("eks", "UntagResource"): self._untag,
            ("eks", "ListTagsForResource"): self._list_tags,
        }

    def start(self) -> None:
        with self._state.moto.lock:
            for cluster in self._state.config.clusters:
                backend = eks_backends[DEFAULT_ACCOUNT_ID][cluster.region]
                if cluster.name not in backend.clusters:
                    backend.create_cluster(
                        name=cluster.name,
                        role_arn=f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/{cluster.name}-cluster",
                        resources_vpc_config={"subnetIds": []},
                    )

    def _create(self, call: Call) -> Mapping[str, Any]:
        params = call.params
        self._require_cluster(call)
        token = params.get("clientRequestToken")
        asked = {name: value for name, value in params.items() if name != "clientRequestToken"}
        place = (call.region, params["clusterName"], params["namespace"], params["serviceAccount"])
        check_tags(params.get("tags") or {})
        self._require_role(call, params["roleArn"])
        with self._lock:
            taken = next((a for a in self._associations.values() if a.place == place), None)
            if taken is not None:
                if taken.request == (token, asked):
                    return {"association": taken.shown()}
                identifier = taken.body["associationId"]
                raise RefusedError(
                    "ResourceInUseException",
                    f"Association already exists: {identifier}",
                    clusterName=params["clusterName"],
                )
            made = Association(
                region=call.region,
                cluster=params["clusterName"],
                body=new_body(call, self._state.clock.now()),
                request=(token, asked),
                tags=dict(params.get("tags") or {}),
            )
            self._associations[made.body["associationId"]] = made
            return {"association": made.shown()}

    def _describe(self, call: Call) -> Mapping[str, Any]:
        with self._lock:
            return {"association": self._find(call).shown()}

    def _list(self, call: Call) -> Mapping[str, Any]:
        self._require_cluster(call)
        params = call.params
        with self._lock:
            found = [
                {name: association.body[name] for name in SUMMARY}
                for association in self._associations.values()
                if (association.region, association.cluster) == (call.region, params["clusterName"])
                and params.get("namespace") in (None, association.body["namespace"])
                and params.get("serviceAccount") in (None, association.body["serviceAccount"])
            ]
        try:
            shown, token = page(found, params.get("nextToken"), params.get("maxResults") or PAGE_SIZE)
        except ValueError:
            raise RefusedError("InvalidParameterException", "Invalid nextToken.") from None
        return {"associations": shown, "nextToken": token}

    def _update(self, call: Call) -> Mapping[str, Any]:
        if call.params.get("roleArn"):
            self._require_role(call, call.params["roleArn"])
        with self._lock:
            association = self._find(call)
            for name in ("roleArn", *OPTIONAL):
                if call.params.get(name) is not None:
                    association.body[name] = call.params[name]
            association.body["modifiedAt"] = self._state.clock.now()
            return {"association": association.shown()}

    def _delete(self, call: Call) -> Mapping[str, Any]:
        with self._lock:
            association = self._find(call)
            del self._associations[association.body["associationId"]]
            return {"association": association.shown()}

    def tags(self, arn: str) -> Mapping[str, str]:
        """Of an association."""
        with self._lock:
            found = (a.tags for a in self._associations.values() if a.body["associationArn"] == arn)
            return dict(next(found, {}))

    def _tag(self, call: Call) -> Answer | Mapping[str, Any]:
        with self._lock:
            association = self._by_arn(call)
            if association is None:
                return self._state.moto.forward(call)
            merged = {**association.tags, **call.params["tags"]}
            check_tags(merged, code="BadRequestException")
            association.tags = merged
            return {}

    def _untag(self, call: Call) -> Answer | Mapping[str, Any]:
        with self._lock:
            association = self._by_arn(call)
            if association is None:
                return self._state.moto.forward(call)
            for key in call.request.args.getlist("tagKeys"):
                association.tags.pop(key, None)
            return {}

    def _list_tags(self, call: Call) -> Answer | Mapping[str, Any]:
        with self._lock:
            association = self._by_arn(call)
            return self._state.moto.forward(call) if association is None else {"tags": association.tags}

    def _find(self, call: Call) -> Association:
        self._require_cluster(call)
        identifier = call.params["associationId"]
        found = self._associations.get(identifier)
        if found is None or (found.region, found.cluster) != (call.region, call.params["clusterName"]):
            message = f"The association ID provided in the request does not exist: {identifier}"
            raise RefusedError("ResourceNotFoundException", message)
        return found

    def _by_arn(self, call: Call) -> Association | None:
        """None for what is no association, and so moto's."""
        arn = call.params["resourceArn"]
        if ":podidentityassociation/" not in arn:
            return None
        found = next((a for a in self._associations.values() if a.body["associationArn"] == arn), None)
        if found is None:
            raise RefusedError("NotFoundException", f"No such resource: {arn}")
        return found

    def _require_cluster(self, call: Call) -> None:
        name = call.params["clusterName"]
        with self._state.moto.lock:
            known = name in eks_backends[call.account][call.region].clusters
        if not known:
            message = f"No cluster found for name: {name}."
            raise RefusedError("ResourceNotFoundException", message, clusterName=name)

    def _require_role(self, call: Call, arn: str) -> None:
        with self._state.moto.lock:
            role = role_of(call.account, arn)
            trust = role.assume_role_policy_document if role is not None else None
        if trust is None:
            message = "Role provided in the request does not exist."
            raise RefusedError("InvalidParameterException", message)
        if not lets_in_pods(trust):
            message = "Trust policy of the role provided is invalid."
            raise RefusedError("InvalidParameterException", message)
