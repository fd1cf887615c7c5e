"""The AWS calls of one sign-up, and what is set up in its database. Every function makes one thing.

Takes the tenant as `tenants.py` describes it, and knows nothing else of Tenantry.
"""

import json
import secrets
import string
import time

import psycopg
from psycopg import sql

from bench.peers.clients import Json, Providers

ALPHABET = string.ascii_letters + string.digits
WAITER = {"Delay": 1, "MaxAttempts": 600}
LOOK_AGAIN_SECONDS = 0.05
PATIENCE_SECONDS = 600


def bucket(providers: Providers, tenant: Json) -> None:
    s3, name = providers.of(tenant, "s3"), tenant["names"]["recordings"]
    configuration: Json = {"Tags": _listed(tenant["tags"]["recordings"])}
    if tenant["region"] != "us-east-1":
        configuration["LocationConstraint"] = tenant["region"]
    s3.create_bucket(
        Bucket=name, CreateBucketConfiguration=configuration, ObjectOwnership="BucketOwnerEnforced"
    )
    s3.put_public_access_block(
        Bucket=name,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    s3.put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
    )
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_lifecycle_configuration(
        Bucket=name, LifecycleConfiguration={"Rules": [tenant["lifecycle"]]}
    )


def secret(providers: Providers, tenant: Json, step: str, user: str | None = None) -> tuple[str, str]:
    """Version and password of a new secret; without a user it holds a token."""
    password = "".join(secrets.choice(ALPHABET) for _ in range(40))
    value = {"username": user, "password": password} if user else {"token": password}
    made = providers.of(tenant, "secretsmanager").create_secret(
        Name=tenant["names"][step],
        Description=f"{step} of tenant {tenant['slug']}",
        SecretString=json.dumps(value),
        Tags=_listed(tenant["tags"][step]),
    )
    return made["VersionId"], password


def password_in(providers: Providers, tenant: Json, step: str) -> str:
    found = providers.of(tenant, "secretsmanager").get_secret_value(SecretId=tenant["names"][step])
    return str(json.loads(found["SecretString"])["password"])


def parameters(providers: Providers, tenant: Json) -> None:
    rds, name = providers.of(tenant, "rds"), tenant["names"]["database-parameters"]
    rds.create_db_parameter_group(
        DBParameterGroupName=name,
        DBParameterGroupFamily=tenant["family"],
        Description=f"Parameters of tenant {tenant['slug']}",
        Tags=_listed(tenant["tags"]["database-parameters"]),
    )
    rds.modify_db_parameter_group(
        DBParameterGroupName=name,
        Parameters=[
            {"ParameterName": key, "ParameterValue": value, "ApplyMethod": "pending-reboot"}
            for key, value in tenant["parameters"].items()
        ],
    )


def database(providers: Providers, tenant: Json, password: str) -> dict[str, str]:
    """Host and port, once it takes connections."""
    rds, name = providers.of(tenant, "rds"), tenant["names"]["database"]
    rds.create_db_instance(
        **tenant["database"], MasterUserPassword=password, Tags=_listed(tenant["tags"]["database"])
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        # One call less than the waiter, which keeps the address that it was answered to itself.
        found = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
        if found["DBInstanceStatus"] == "available":
            place = found["Endpoint"]
            return {"database.host": place["Address"], "database.port": str(place["Port"])}
        time.sleep(LOOK_AGAIN_SECONDS)
    raise TimeoutError(f"database {name} was not available in {PATIENCE_SECONDS} s")


def database_users(tenant: Json, place: dict[str, str], master: str, login: str) -> None:
    """A role that owns everything, and a user that acts as it, as the engine makes them."""
    users = tenant["users"]
    owner, user, name = map(sql.Identifier, (users["owner"], users["login"], tenant["database"]["DBName"]))
    with psycopg.connect(
        host=place["database.host"],
        port=int(place["database.port"]),
        dbname=tenant["database"]["DBName"],
        user=users["master"],
        password=master,
        autocommit=True,
    ) as connection:
        for statement in (
            sql.SQL("CREATE ROLE {} NOLOGIN CREATEDB").format(owner),
            sql.SQL("GRANT {} TO CURRENT_USER").format(owner),
            sql.SQL("GRANT rds_replication TO {}").format(owner),
            sql.SQL("ALTER DATABASE {} OWNER TO {}").format(name, owner),
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(user, sql.Literal(login)),
            sql.SQL("GRANT {} TO {}").format(owner, user),
            sql.SQL("ALTER ROLE {} SET role TO {}").format(user, owner),
        ):
            connection.execute(statement)


def role(providers: Providers, tenant: Json, step: str) -> str:
    """Its ARN."""
    iam, name = providers.of(tenant, "iam"), tenant["names"][step]
    made = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps(tenant["trusts"][step]),
        Description=f"{step} of tenant {tenant['slug']}",
        Tags=_listed(tenant["tags"][step]),
    )
    iam.put_role_policy(
        RoleName=name, PolicyName="tenant", PolicyDocument=json.dumps(tenant["policies"][step])
    )
    return str(made["Role"]["Arn"])


def identity(providers: Providers, tenant: Json, step: str, role_arn: str) -> None:
    providers.of(tenant, "eks").create_pod_identity_association(
        clusterName=tenant["cluster"],
        namespace=tenant["namespace"],
        serviceAccount=tenant["accounts"][step]["account"],
        roleArn=role_arn,
        tags=tenant["tags"][step],
    )


def dns(providers: Providers, tenant: Json, target: str) -> None:
    """Returns when all of Route 53's servers have it."""
    route53, wanted = providers.of(tenant, "route53"), tenant["dns"]
    records = [
        record
        for one in wanted["hosts"]
        for record in (
            ("CNAME", one["host"], target),
            ("TXT", one["registry"], wanted["registry_value"]),
        )
    ]
    changes = [
        {
            "Action": "CREATE",
            "ResourceRecordSet": {
                "Name": name,
                "Type": kind,
                "TTL": wanted["ttl"],
                "ResourceRecords": [{"Value": value}],
            },
        }
        for kind, name, value in records
    ]
    made = route53.change_resource_record_sets(HostedZoneId=wanted["zone"], ChangeBatch={"Changes": changes})
    route53.get_waiter("resource_record_sets_changed").wait(Id=made["ChangeInfo"]["Id"], WaiterConfig=WAITER)


def _listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
