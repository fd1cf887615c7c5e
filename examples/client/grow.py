"""A tenant signs up and grows. TENANTRY_API_URL and TENANTRY_API_KEY say where the API is and who asks."""

import os

from client import Client, InvalidRequest, PreconditionFailed, etag_of

with Client(os.environ["TENANTRY_API_URL"], os.environ["TENANTRY_API_KEY"], reason="trial") as api:
    accepted = api.sign_up(
        {"slug": "finch", "customer": "Finch", "plan": "team", "users": 50, "region": "us-east-1"}
    )
    *_, operation = api.follow(accepted["operation_id"])  # a view at each change; the last is its end
    print(operation["kind"], operation["status"])

    tenant = api.tenant("finch")
    accepted = api.scale("finch", {"users": 120}, if_match=etag_of(tenant))
    try:
        api.scale("finch", {"users": 80}, if_match=etag_of(tenant))
    except PreconditionFailed as refused:
        print(refused.status, refused.code)
    *_, operation = api.follow(accepted["operation_id"])
    print(operation["kind"], operation["status"])

    try:
        api.scale("finch", {"users": 9000})
    except InvalidRequest as refused:
        print([f"{wrong['field']}: {wrong['message']}" for wrong in refused.fields])

    for tenant in api.tenants(plan=["team"]):
        print(tenant["slug"], tenant["phase"], tenant["target"]["users"])
