#!/usr/bin/python
"""Binds a role to a service account of an EKS cluster, for which no collection on PyPI has a module.

Written on the base that amazon.aws offers for such modules.
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

NAMES = ("cluster", "namespace", "service_account", "role_arn")


def main() -> None:
    arguments: dict[str, Any] = {name: {"type": "str", "required": True} for name in NAMES}
    module = AnsibleAWSModule(
        argument_spec={**arguments, "tags": {"type": "dict", "default": {}}}, supports_check_mode=True
    )
    client = module.client("eks", retry_decorator=AWSRetry.jittered_backoff())
    given = module.params
    place = {
        "clusterName": given["cluster"],
        "namespace": given["namespace"],
        "serviceAccount": given["service_account"],
    }
    found = client.list_pod_identity_associations(aws_retry=True, **place)["associations"]
    if not found and not module.check_mode:
        client.create_pod_identity_association(
            aws_retry=True, roleArn=given["role_arn"], tags=given["tags"], **place
        )
    module.exit_json(changed=not found)


if __name__ == "__main__":
    main()
